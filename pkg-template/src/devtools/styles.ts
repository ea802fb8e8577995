/** The styles of the devtools. They apply within the shadow root only, in both color schemes. */
export const STYLES = `
:host {
  all: initial;
  color-scheme: light dark;
  --page: #ffffff; --raised: #f4f4f6; --line: #d9d9e0; --text: #1d1d22; --subtle: #5c5c68;
  --accent: #4536c0; --accent-soft: #e9e7fb; --good: #17653a; --good-soft: #def3e6;
  --bad: #a3211a; --bad-soft: #fde7e5; --pending: #7a4a00; --pending-soft: #fcecd0;
}
@media (prefers-color-scheme: dark) {
  :host {
    --page: #17171b; --raised: #222228; --line: #3a3a44; --text: #ececf1; --subtle: #a5a5b2;
    --accent: #b3aaff; --accent-soft: #2d2a4d; --good: #7fd6a2; --good-soft: #16361f;
    --bad: #ff9d95; --bad-soft: #451a17; --pending: #f2bf6c; --pending-soft: #3d2b0d;
  }
}
* { box-sizing: border-box; }
button, input { font: inherit; color: inherit; }
button { cursor: pointer; border: 1px solid var(--line); border-radius: 5px; background: var(--raised); padding: 2px 9px; }
button:hover { border-color: var(--subtle); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.panel, .opener { position: fixed; z-index: 2147483000; font: 13px/1.45 ui-sans-serif, system-ui, sans-serif; }
.panel {
  left: 0; right: 0; height: min(46vh, 480px); display: flex; flex-direction: column;
  background: var(--page); color: var(--text); box-shadow: 0 0 24px rgb(0 0 0 / 18%);
}
.panel.bottom { bottom: 0; border-top: 1px solid var(--line); }
.panel.top { top: 0; border-bottom: 1px solid var(--line); }
header { display: flex; align-items: center; gap: 14px; padding: 6px 12px; border-bottom: 1px solid var(--line); background: var(--raised); }
[role=tablist] { display: flex; gap: 2px; flex: 1; overflow-x: auto; padding: 3px; }
[role=tab] { border-color: transparent; background: none; color: var(--subtle); white-space: nowrap; }
[role=tab][aria-selected=true] { background: var(--accent-soft); color: var(--accent); font-weight: 600; }
.close { line-height: 1.3; }
.content { flex: 1; overflow: auto; padding: 10px 12px; }
.content:focus-visible { outline-offset: -2px; }
.bar { display: flex; align-items: center; gap: 12px; margin-bottom: 8px; }
.bar input { width: min(320px, 50%); padding: 3px 8px; border: 1px solid var(--line); border-radius: 5px; background: var(--page); }
.bar .danger { margin-left: auto; color: var(--bad); }
.note { color: var(--subtle); white-space: nowrap; }
.empty { color: var(--subtle); margin: 12px 0; }
ul { list-style: none; margin: 0; padding: 0; }
li { border-top: 1px solid var(--line); }
.entry { display: flex; align-items: center; gap: 12px; padding: 4px 0; }
.entry .key {
  flex: 1; min-width: 0; overflow-wrap: anywhere; text-align: left; border: none; background: none; padding: 2px 4px;
  font: 12px/1.45 ui-monospace, SFMono-Regular, Menlo, monospace;
}
.key span { display: inline-block; width: 1.3em; color: var(--subtle); }
pre {
  margin: 2px 0 10px; padding: 8px 12px; max-height: 260px; overflow: auto; border-radius: 6px; background: var(--raised);
  font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; white-space: pre-wrap; overflow-wrap: anywhere;
}
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--subtle); font-weight: 500; }
td.number { font-variant-numeric: tabular-nums; }
td.method { font-weight: 600; }
.warning { color: var(--pending); font-weight: 600; }
.badge {
  display: inline-block; padding: 0 7px; border-radius: 9px; font-size: 12px; white-space: nowrap;
  background: var(--raised); color: var(--subtle);
}
.badge.live { background: var(--accent-soft); color: var(--accent); }
.badge.good { background: var(--good-soft); color: var(--good); }
.badge.bad { background: var(--bad-soft); color: var(--bad); }
.badge.pending { background: var(--pending-soft); color: var(--pending); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 10px; margin: 0; }
dl div { padding: 8px 12px; border: 1px solid var(--line); border-radius: 7px; }
dt { color: var(--subtle); }
dd { margin: 0; }
dd.value { font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; }
dd.note { white-space: normal; font-size: 12px; }
.opener {
  width: 42px; height: 42px; padding: 9px; border-radius: 50%; background: var(--page); color: var(--accent);
  box-shadow: 0 2px 10px rgb(0 0 0 / 22%);
}
.opener svg { display: block; fill: none; stroke: currentColor; stroke-width: 1.4; }
.opener.top { top: 14px; }
.opener.bottom { bottom: 14px; }
.opener.left { left: 14px; }
.opener.right { right: 14px; }
@media (max-width: 640px) {
  header strong { display: none; }
  .entry { flex-wrap: wrap; }
  .entry .key { flex-basis: 100%; }
}
`;
