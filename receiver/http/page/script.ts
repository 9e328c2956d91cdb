/** What the pages do in a browser. Without it they can be read all the same. */
export const SCRIPT = /* javascript */ `'use strict'
{
  const units = [['day', 864e5], ['hour', 36e5], ['minute', 6e4], ['second', 1e3]]
  const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' })
  const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
  const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

  /** Times in the reader's zone, and how long ago they are. */
  function showTimes(root) {
    for (const each of root.querySelectorAll('time')) {
      const at = new Date(each.dateTime)
      each.title = full.format(at)
      if ('ago' in each.dataset) {
        const ms = Math.max(0, Date.now() - at)
        const [unit, size] = units.find(([, size]) => ms >= size) ?? units[3]
        each.textContent = relative.format(-Math.floor(ms / size), unit)
      } else each.textContent = short.format(at)
    }
  }
  showTimes(document)
  setInterval(() => showTimes(document), 20_000)

  const lost = document.getElementById('lost')

  /** Puts what is new into the parts of the page that have a name, and touches nothing else. */
  async function refresh() {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } })
    if (answer.redirected) return location.assign(answer.url)
    if (!answer.ok) return
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
    for (const part of fresh.querySelectorAll('main [id]')) {
      const there = document.getElementById(part.id)
      if (there === null || there.innerHTML === part.innerHTML || part.id.startsWith('h-')) continue
      const focused = there.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null
      there.innerHTML = part.innerHTML
      showTimes(there)
      if (focused !== null) there.querySelector('[href="' + CSS.escape(focused) + '"]')?.focus()
    }
    const sum = fresh.querySelector('p.sum')
    const before = document.querySelector('p.sum')
    if (sum !== null && before !== null) before.textContent = sum.textContent
  }

  /** A stream that comes back by itself, and says when it is away. */
  function stream(url, listen) {
    const source = new EventSource(url)
    source.onopen = () => { lost.hidden = true }
    source.onerror = () => {
      lost.hidden = false
      if (source.readyState === EventSource.CLOSED) setTimeout(() => stream(url, listen), 3000)
    }
    listen(source)
    addEventListener('pagehide', () => source.close())
  }

  if ('watches' in document.body.dataset) {
    let running = false
    let again = false
    const run = async () => {
      if (running) { again = true; return }
      running = true
      do {
        again = false
        await refresh().catch(() => { lost.hidden = false })
      } while (again)
      running = false
    }
    // what happened while nobody listened is seen by looking
    stream('/page/changes?app=' + encodeURIComponent(document.body.dataset.watches), (source) => {
      source.onmessage = run
    })
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
    })
  }
}
`
