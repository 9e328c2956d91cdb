/** The look: quiet and dense, with one accent. Colours are chosen for both schemes, and no state goes by colour alone. */
export const STYLE = /* css */ `:root {
  color-scheme: light dark;
  --bg: #f7f7f8; --card: #fff; --text: #1b1b1f; --dim: #5c5c66; --line: #dfdfe4; --hover: #f0f0f4;
  --accent: #4338ca; --on-accent: #fff; --good: #0b6b3a; --busy: #8a5a00; --bad: #b3261e; --bad-bg: #fff5f4; --note-bg: #fff7e0;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #131316; --card: #1b1b20; --text: #e8e8ec; --dim: #a0a0ab; --line: #303038; --hover: #24242b;
    --accent: #a5a0ff; --on-accent: #14141a; --good: #56c98a; --busy: #e3b341; --bad: #ff8a80; --bad-bg: #241818; --note-bg: #33290f;
  }
}
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--bg); color: var(--text); font: 14px/1.5 var(--sans) }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 2px }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px }
.skip { position: absolute; left: -999px; background: var(--card); padding: 8px; z-index: 1 }
.skip:focus { left: 8px; top: 8px }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 20px; padding: 10px 24px; background: var(--card); border-bottom: 1px solid var(--line) }
.brand { display: inline-flex; align-items: center; gap: 8px; color: var(--text); font-weight: 650; text-decoration: none }
.brand svg { width: 16px; height: 16px; fill: var(--accent) }
nav { display: flex; gap: 2px }
nav a, .tabs a { padding: 4px 10px; border-radius: 6px; color: var(--dim); text-decoration: none }
nav a:hover, .tabs a:hover { background: var(--hover) }
nav a[aria-current], .tabs a[aria-current] { color: var(--text); background: var(--hover); font-weight: 600 }
.who { margin-left: auto; display: flex; align-items: center; gap: 12px; color: var(--dim) }
main { max-width: 1280px; margin: 0 auto; padding: 20px 24px 40px; outline: none }
footer { max-width: 1280px; margin: 0 auto; padding: 0 24px 24px; color: var(--dim); font-size: 12px }
h1 { font-size: 21px; line-height: 1.3; margin: 4px 0 8px; overflow-wrap: anywhere }
h1 code { font-size: .85em } h1 small { font-size: 14px; font-weight: 400; margin-left: 8px }
h2 { font-size: 15px; margin: 28px 0 8px }
p { margin: 8px 0 }
.sum, .dim { color: var(--dim) }
.crumbs { margin: 0; font-size: 13px }
code, pre { font-family: var(--mono); font-size: 12.5px }
code { overflow-wrap: anywhere } .digest { white-space: nowrap; color: var(--dim) }
pre { margin: 8px 0; padding: 12px 14px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; white-space: pre; tab-size: 4; max-height: 26em }
pre.log { min-height: 60vh; max-height: 75vh }
#lost { margin: 0; padding: 6px 24px; background: var(--note-bg); text-align: center }
table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); border-radius: 8px; border-spacing: 0; border-collapse: separate }
caption, .heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
th, td { text-align: left; padding: 7px 12px; vertical-align: top; border-bottom: 1px solid var(--line); font-weight: 400 }
thead th { color: var(--dim); font-size: 12px; padding: 6px 12px; white-space: nowrap }
tbody tr:last-child > * { border-bottom: 0 }
tbody tr:hover { background: var(--hover) }
tbody th a { font-weight: 600; color: var(--text); text-decoration: none } tbody th a:hover { text-decoration: underline }
td .clip { max-width: 12em } .version, .commit { white-space: nowrap }
time, .took { white-space: nowrap }
.clip { display: inline-block; max-width: min(22em, 100%); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom }
.state { display: inline-flex; gap: .4em; white-space: nowrap } a .word { text-decoration: underline }
a, a .word { text-decoration-color: color-mix(in srgb, currentColor 40%, transparent) } a:hover, a:hover .word { text-decoration-color: currentColor }
 .state > :first-child { display: inline-block } .state.good > :first-child { color: var(--good) } .state.good .word { color: var(--text) } .state.busy { color: var(--busy) } .state.bad { color: var(--bad) } .state.off { color: var(--busy) } .state.dim { color: var(--dim) }
.tag { font-size: 11px; font-weight: 600; padding: 1px 7px; border-radius: 99px; border: 1px solid var(--good); color: var(--good) }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25em), 1fr)); gap: 0 24px; margin: 8px 0; padding: 6px 14px; background: var(--card); border: 1px solid var(--line); border-radius: 8px }
dl > div { display: flex; gap: 12px; padding: 5px 0; min-width: 0 }
dt { color: var(--dim); flex: 0 0 7.5em } dd { margin: 0; min-width: 0; overflow-wrap: anywhere }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 12px 0 }
.button, button { font: inherit; display: inline-block; padding: 5px 12px; border: 1px solid var(--line); border-radius: 7px; background: var(--card); color: var(--text); text-decoration: none; cursor: pointer }
.button:hover, button:hover { background: var(--hover) }
.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600 }
.primary:hover { background: var(--accent); filter: brightness(1.1) }
a.danger:hover { color: var(--bad) } button.danger { background: var(--bad); border-color: var(--bad); color: var(--card); font-weight: 600 } button.danger:hover { filter: brightness(1.1) }
.small { padding: 1px 8px; font-size: 12.5px; white-space: nowrap } td .small { border-color: transparent; background: none; color: var(--accent) } td .small:hover { border-color: var(--line) }
button.plain { border: 0; padding: 4px 6px; background: none; color: var(--dim) } button.plain:hover { color: var(--text); text-decoration: underline }
.card { max-width: 34em; margin: 8vh auto; padding: 20px 26px; background: var(--card); border: 1px solid var(--line); border-radius: 10px }
.note { padding: 8px 14px; background: var(--card); border: 1px solid var(--line); border-left: 3px solid var(--busy); border-radius: 8px }
.failure { margin: 10px 0; padding: 4px 14px; background: var(--bad-bg); border: 1px solid var(--line); border-left: 3px solid var(--bad); border-radius: 8px; overflow-wrap: anywhere }
.empty { padding: 24px; text-align: center; color: var(--dim); background: var(--card); border: 1px dashed var(--line); border-radius: 8px }
.steps { list-style: none; margin: 8px 0; padding: 6px 14px; background: var(--card); border: 1px solid var(--line); border-radius: 8px }
.steps li { display: grid; grid-template-columns: 9em minmax(0, 1fr) 6em; gap: 2px 12px; align-items: center; padding: 5px 0 }
.steps .ms { text-align: right; font-variant-numeric: tabular-nums; color: var(--dim) }
.steps .said { grid-column: 2 / -1; color: var(--dim); font-size: 12.5px; overflow-wrap: anywhere }
.bar { width: 100%; height: 8px; fill: var(--line) } .bar.good .of { fill: var(--accent) } .bar.busy .of { fill: var(--busy) } .bar.bad .of { fill: var(--bad) }
@media (min-width: 941px) { #apps td:last-child .clip { max-width: 16em } }
@media (max-width: 940px) {
  header, main, footer { padding-left: 14px; padding-right: 14px }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  table, tbody, tr, th, td { display: block } tr { padding: 8px 0; border-bottom: 1px solid var(--line) } tbody tr:last-child { border-bottom: 0 }
  tbody th, tbody td { border: 0; padding: 2px 12px } tbody td { display: flex; gap: 10px } td > div { min-width: 0 } tbody td:has(> div:empty) { display: none }
  tbody td::before { content: attr(data-label); color: var(--dim); flex: 0 0 5.5em } tbody td[data-label=""]::before { content: none }
  #apps tr { display: grid; grid-template-columns: 1fr auto; align-items: baseline } #apps tr > :nth-child(n + 3) { grid-column: 1 / -1 }
  #apps td[data-label="State"]::before { content: none } #apps td[data-label="Live since"] { display: none } #apps td[data-label="Last deployment"]::before { content: "Last" } .commit { white-space: normal }
  td .clip { max-width: min(22em, 60vw) } .steps li { grid-template-columns: 8em minmax(0, 1fr) 5em } nav { order: 1; width: 100% }
}
@media (prefers-reduced-motion: no-preference) { .state.busy > :first-child { animation: turn 1.6s linear infinite } @keyframes turn { to { transform: rotate(1turn) } } }
`
