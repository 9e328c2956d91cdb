/** What the pages do in a browser. Without it they can be read all the same. */
export const SCRIPT = /* javascript */ `'use strict'
{
  const units = [['day', 864e5], ['hour', 36e5], ['minute', 6e4], ['second', 1e3]]
  const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' })
  const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
  const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

  /** Times in the reader's zone, and how far off they are. */
  function showTimes(root) {
    for (const each of root.querySelectorAll('time')) {
      const at = new Date(each.dateTime)
      each.title = full.format(at)
      if ('ago' in each.dataset) show(each, distance(Date.now() - at, -1))
      else if ('toCome' in each.dataset) show(each, at <= Date.now() ? 'now' : distance(at - Date.now(), 1))
      else show(each, short.format(at))
    }
  }
  function distance(ms, sign) {
    const span = Math.max(0, ms)
    const [unit, size] = units.find(([, size]) => span >= size) ?? units[3]
    return relative.format(sign * Math.floor(span / size), unit)
  }
  /** What says the same is left alone: it may be selected. */
  function show(node, text) {
    if (node.textContent !== text) node.textContent = text
  }
  showTimes(document)
  setInterval(() => showTimes(document), 20_000)

  const lost = document.getElementById('lost')

  /** Shows what is new, and leaves everything else as it is: what is selected, where one reads, what has the focus. */
  async function refresh() {
    const answer = await fetch(location.href, { headers: { accept: 'text/html', 'x-part': 'main' } })
    if (answer.redirected) return location.assign(answer.url)
    if (!answer.ok) throw new Error('it answered ' + answer.status)
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
    showTimes(fresh)
    showTimes(document)
    become(document.getElementById('main'), fresh.getElementById('main'))
  }

  /** Rows go by what they link to, so that a new one pushes the others down and changes none. */
  const keyOf = (node) => node.nodeName === 'TR' ? node.querySelector('th a')?.getAttribute('href') : undefined

  function become(there, fresh) {
    if (there.isEqualNode(fresh)) return
    if (there.nodeType !== Node.ELEMENT_NODE) { there.data = fresh.data; return }
    for (const { name } of [...there.attributes]) if (!fresh.hasAttribute(name)) there.removeAttribute(name)
    for (const { name, value } of fresh.attributes) if (there.getAttribute(name) !== value) there.setAttribute(name, value)
    let at = there.firstChild
    for (const wanted of [...fresh.childNodes]) {
      const key = keyOf(wanted)
      let same = at
      // blanks between rows are no reason to pass over one
      if (wanted.nodeType === Node.TEXT_NODE) same = at?.nodeType === Node.TEXT_NODE ? at : null
      else while (same !== null && (same.nodeName !== wanted.nodeName || keyOf(same) !== key)) same = same.nextSibling
      if (same === null) { there.insertBefore(document.importNode(wanted, true), at); continue }
      while (at !== same) { const gone = at; at = at.nextSibling; gone.remove() }
      become(same, wanted)
      at = same.nextSibling
    }
    while (at !== null) { const gone = at; at = at.nextSibling; gone.remove() }
  }

  /** A stream that comes back by itself, and says when it is away. */
  function stream(url, listen, whenRefused) {
    let source
    const open = () => {
      source?.close()
      source = new EventSource(url)
      source.onopen = () => { lost.hidden = true }
      source.onerror = () => {
        lost.hidden = false
        if (source.readyState !== EventSource.CLOSED) return
        // the receiver starts, or nobody is signed in any more
        setTimeout(open, 3000)
        whenRefused()
      }
      listen(source)
    }
    open()
    addEventListener('pagehide', () => source.close())
    // a page that comes back from the browser's memory goes on
    addEventListener('pageshow', ({ persisted }) => { if (persisted) open() })
    return { open: () => { if (source.readyState === EventSource.CLOSED) open() }, close: () => source.close() }
  }

  if ('watches' in document.body.dataset) {
    let running = false
    let again = false
    const run = async () => {
      if (running) { again = true; return }
      running = true
      do {
        again = false
        await refresh().then(() => { lost.hidden = true }, () => { lost.hidden = false })
      } while (again)
      running = false
    }
    // what happened while nobody listened is seen by looking
    const changes = stream('/page/changes?app=' + encodeURIComponent(document.body.dataset.watches), (source) => {
      source.onmessage = run
    }, run)
    // browsers keep few connections to one place: a tab that nobody sees holds none
    document.addEventListener('visibilitychange', () => document.hidden ? changes.close() : changes.open())
  }

  const log = document.getElementById('log')
  if (log !== null) {
    const most = 5000
    stream(log.dataset.stream, (source) => {
      // each connection begins with the last lines
      source.addEventListener('open', () => { log.textContent = '' })
      source.onmessage = ({ data }) => {
        const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40
        log.append(data + '\\n')
        while (log.childNodes.length > most) log.firstChild.remove()
        if (atEnd) log.scrollTop = log.scrollHeight
      }
      source.addEventListener('end', ({ data }) => {
        log.append('— ' + data + ' —\\n')
        source.close()
      })
    }, () => {})
  }
}
`
