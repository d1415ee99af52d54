"""How the page looks: one style sheet for light, dark, print and phone. Nothing is fetched, fonts are the system's."""

from __future__ import annotations

from viz.drawing import DRAWINGS

__all__ = ["STYLE"]

STYLE = """
:root { color-scheme: light dark;
  --back: #ffffff; --raised: #f5f6f8; --ink: #1b1f24; --soft: #59616b; --rule: #d9dde2; --grid: #e6e9ed;
  --accent: #1f66b8; --second: #b4550f; --plain: #8a929c; --mark: #1b1f24;
  --good: #17692f; --good-back: #e3f3e7; --bad: #a3201a; --bad-back: #fbe7e5; --doubt: #6a5300; --doubt-back: #fbf1cf; }
@media (prefers-color-scheme: dark) { :root {
  --back: #14171b; --raised: #1d2126; --ink: #e8eaed; --soft: #a3abb5; --rule: #363c44; --grid: #282d34;
  --accent: #6cabf0; --second: #f0a35e; --plain: #848d98; --mark: #e8eaed;
  --good: #7fd197; --good-back: #16301d; --bad: #ff9a92; --bad-back: #3b1a18;
  --doubt: #e8cc6a; --doubt-back: #332b0e; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 1120px; padding: 24px 20px 64px; background: var(--back); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 21px; line-height: 1.3; margin: 44px 0 10px; padding-top: 14px; border-top: 1px solid var(--rule); }
p, ul { margin: 0 0 14px; max-width: 78ch; overflow-wrap: anywhere; }
header p { font-size: 17px; color: var(--soft); }
li { margin-bottom: 5px; overflow-wrap: anywhere; }
a { color: var(--accent); }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 18px; max-width: none;
  margin-top: 28px; }
nav li { margin: 0; }
.verdicts { list-style: none; padding: 0; max-width: none; border-top: 1px solid var(--rule); }
.verdicts li { display: grid; grid-template-columns: 92px minmax(0, 1fr) minmax(0, 1fr); gap: 4px 16px; margin: 0;
  padding: 7px 0; border-bottom: 1px solid var(--rule); align-items: baseline; }
.verdict { font-weight: 600; border-radius: 4px; padding: 1px 8px; white-space: nowrap; justify-self: start; }
.holds .verdict { color: var(--good); background: var(--good-back); }
.fails .verdict { color: var(--bad); background: var(--bad-back); }
.unknown .verdict { color: var(--doubt); background: var(--doubt-back); }
.found { color: var(--soft); font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 18px 26px;
  margin: 6px 0 20px; }
figure { margin: 0; max-width: 430px; break-inside: avoid; }
figcaption { font-weight: 600; font-size: 15px; margin-bottom: 4px; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; }
"""
STYLE += DRAWINGS
STYLE += """.scroll { overflow-x: auto; margin: 0 0 18px; }
.scroll:focus-visible, pre:focus-visible, summary:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; font-size: 14.5px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 6px 0; }
caption span { display: inline-block; width: max-content; max-width: min(78ch, calc(100vw - 28px)); position: sticky;
  left: 0; }
th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--rule); vertical-align: baseline; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
th, td { text-align: right; } td { white-space: nowrap; }
th:first-child { text-align: left; min-width: 9.5em; max-width: 22em; }
tbody th { font-weight: 400; overflow-wrap: break-word; }
.left1 :is(th, td):nth-child(2), .left2 :is(th, td):nth-child(3), .left3 :is(th, td):nth-child(4),
.left4 :is(th, td):nth-child(5) { text-align: left; }
.wrap1 td:nth-child(2), .wrap2 td:nth-child(3), .wrap3 td:nth-child(4), .wrap4 td:nth-child(5) { white-space: normal;
  min-width: 13em; max-width: 34em; overflow-wrap: break-word; }
details { margin: 0 0 14px; } summary { cursor: pointer; color: var(--accent); }
pre { background: var(--raised); padding: 10px 12px; overflow: auto; max-height: 320px; font-size: 13px;
  border-radius: 4px; }
@media (max-width: 640px) { th:first-child { min-width: 7.5em; }
  body { padding: 16px 14px 48px; } h1 { font-size: 25px; } h2 { margin-top: 32px; }
  .verdicts li { grid-template-columns: 1fr; } .found { font-size: 15px; } }
@media print { :root { color-scheme: light;
  --back: #ffffff; --raised: #f5f6f8; --ink: #000000; --soft: #3c434b; --rule: #c9ced4; --grid: #e0e3e7;
  --accent: #1f66b8; --second: #b4550f; --plain: #8a929c; --mark: #000000;
  --good: #17692f; --good-back: #ffffff; --bad: #a3201a; --bad-back: #ffffff;
  --doubt: #6a5300; --doubt-back: #ffffff; }
  body { font-size: 10.5pt; padding: 0; max-width: none; } nav, details { display: none; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; } td { white-space: normal; } th, td { padding-right: 8px; }
  tr, .verdicts li { break-inside: avoid; } h2 { break-after: avoid; }
  .plots { grid-template-columns: repeat(2, 1fr); } }
"""
