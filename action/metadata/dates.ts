import moment from 'moment-timezone'
import { ActionError } from '../error.ts'

/**
 * A date in the words of Moment's formats (momentjs.com/docs/#/displaying/format), which is what `{{date '…'}}` of
 * docker/metadata-action is written in: day.js knows fewer of them, and leaves the rest as text.
 * @param zone of the IANA database
 * @throws ActionError `bad_input` for another zone.
 */
export const formatDate = (date: Date, format: string | undefined, zone: string): string => {
  if (moment.tz.zone(zone) === null) {
    throw new ActionError('bad_input', `there is no time zone "${zone}"`, {
      hint: "Write one of the IANA database: tz='Europe/Berlin'.",
    })
  }
  return moment(date).tz(zone).format(format)
}
