import Crypto
import Foundation
import JOSE

/// The one stylesheet: system fonts, light and dark, contrast of at least 4.5 to 1, nothing wider than the window from 320 pixels on.
enum Stylesheet {
  /// Its address; the digest in it lets browsers keep it.
  static let path = "/console/style-\(Base64URL.encode(Array(SHA256.hash(data: Data(text.utf8)).prefix(9)))).css"

  static let text = """
    :root { color-scheme: light dark; --ink: #17212b; --soft: #51606e; --line: #d5dce3; --ground: #f4f6f8; --card: #ffffff; --accent: #0b5c8a;
      --accent-ink: #ffffff; --tint: #e6f1f7; --good: #17683c; --good-tint: #e3f3e9; --warn: #7a4b00; --warn-tint: #fdf1d8; --bad: #a3212b;
      --bad-tint: #fbe7e8; --c1: #0b6fa8; --c2: #c78a1b; --c3: #a8475a; --c4: #7d8894; --radius: 10px; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e7edf2; --soft: #a9b6c2; --line: #33414e; --ground: #10171d; --card: #18222b; --accent: #7cc4ec; --accent-ink: #06202f;
        --tint: #17303f; --good: #7fd3a0; --good-tint: #14301f; --warn: #f0c267; --warn-tint: #362a10; --bad: #f3979d; --bad-tint: #3a1a1d;
        --c1: #4ba7da; --c2: #e0b04f; --c3: #e0848f; --c4: #8593a0; } }
    *, *::before, *::after { box-sizing: border-box; }
    html { font-size: 100%; -webkit-text-size-adjust: 100%; }
    body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.65;
      font-family: "Hiragino Sans", "Hiragino Kaku Gothic ProN", "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", Meiryo, system-ui, sans-serif; }
    h1 { font-size: 1.6rem; line-height: 1.3; margin: 0 0 .4rem; } h2 { font-size: 1.1rem; margin: 0 0 .8rem; line-height: 1.4; } h3 { font-size: 1rem; margin: 1.3rem 0 .4rem; }
    p { margin: 0 0 1rem; max-width: 46rem; } a { color: var(--accent); text-underline-offset: .2em; }
    a:hover { text-decoration-thickness: 2px; }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
    code, .id { font-family: ui-monospace, "SFMono-Regular", "Noto Sans Mono", Menlo, Consolas, monospace; font-size: .9em; overflow-wrap: anywhere; }
    pre { background: var(--ground); border: 1px solid var(--line); border-radius: 6px; padding: .8rem; margin: 0; white-space: pre-wrap;
      overflow-wrap: anywhere; font-size: .85rem; }
    .skip { position: absolute; left: -999rem; top: 0; background: var(--accent); color: var(--accent-ink); padding: .6rem 1rem; z-index: 5; }
    .skip:focus { left: .5rem; top: .5rem; }
    .top { background: var(--card); border-bottom: 1px solid var(--line); }
    .bar { max-width: 76rem; margin: 0 auto; padding: .7rem 1.25rem; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; align-items: center; }
    .brand { font-weight: 700; letter-spacing: .02em; text-decoration: none; color: var(--ink); } .brand span { color: var(--accent); }
    .tenant { color: var(--soft); } .who { margin-left: auto; display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: center; font-size: .92rem; }
    .who form { margin: 0; }
    nav.main { max-width: 76rem; margin: 0 auto; padding: 0 1rem; }
    nav.main ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0 .2rem; }
    nav.main a { display: block; padding: .55rem .7rem; color: var(--soft); text-decoration: none; border-bottom: 3px solid transparent; }
    nav.main a:hover { color: var(--ink); border-color: var(--line); }
    nav.main a[aria-current] { color: var(--ink); font-weight: 600; border-color: var(--accent); }
    main { max-width: 76rem; margin: 0 auto; padding: 1.6rem 1.25rem 3rem; display: block; } main:focus { outline: none; }
    main.narrow { max-width: 34rem; padding-top: 2.5rem; }
    .lead { color: var(--soft); } .card { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: 1.2rem; margin: 0 0 1.2rem; }
    .grid { display: grid; gap: 1.2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); } .grid { margin: 0 0 1.2rem; } .grid > .card { margin: 0; } .card > :last-child { margin-bottom: 0; }
    .tiles { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 9rem), 1fr)); margin: 1.2rem 0; padding: 0; list-style: none; }
    .tiles li { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: .9rem 1.1rem; }
    .tiles strong { display: block; font-size: 1.9rem; line-height: 1.2; font-variant-numeric: tabular-nums; } .tiles span { color: var(--soft); font-size: .92rem; }
    .scroll { overflow-x: auto; } .soft { color: var(--soft); } .hint + p { margin-top: 1rem; } .note > :last-child { margin-bottom: 0; } td .row { align-items: flex-start; } a.id { text-underline-offset: .35em; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
    th, td { text-align: left; padding: .55rem .8rem .55rem 0; border-bottom: 1px solid var(--line); vertical-align: top; } th { color: var(--soft); font-weight: 600; font-size: .88rem; }
    td { word-break: keep-all; overflow-wrap: break-word; } td .id { white-space: nowrap; overflow-wrap: normal; } td.number, th.number { text-align: right; } tbody tr:last-child td, tbody tr:last-child th { border-bottom: 0; } caption { text-align: left; color: var(--soft); padding-bottom: .4rem; }
    dl { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; gap: .5rem 1rem; margin: 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; } main.narrow dl { grid-template-columns: 8rem 1fr; } dl + p, dl + .row, form > .row { margin-top: 1.1rem; }
    .state { display: inline-block; white-space: nowrap; padding: .05rem .6rem; border-radius: 99px; font-size: .88rem; font-weight: 600; background: var(--ground); color: var(--soft); border: 1px solid var(--line); }
    .state.good { background: var(--good-tint); color: var(--good); border-color: transparent; } .state.warn { background: var(--warn-tint); color: var(--warn); border-color: transparent; }
    .state.bad { background: var(--bad-tint); color: var(--bad); border-color: transparent; }
    .note { border-left: 4px solid var(--accent); background: var(--tint); padding: .7rem 1rem; border-radius: 0 6px 6px 0; margin: 0 0 1.2rem; max-width: none; }
    .note.bad { border-color: var(--bad); background: var(--bad-tint); } .note.good { border-color: var(--good); background: var(--good-tint); } .note.warn { border-color: var(--warn); background: var(--warn-tint); }
    .empty { text-align: center; padding: 2.4rem 1rem; color: var(--soft); } .empty strong { display: block; color: var(--ink); font-size: 1.05rem; } .empty p { margin: .3rem auto 0; }
    label { display: block; font-weight: 600; margin: 0 0 .25rem; } .hint { color: var(--soft); font-size: .9rem; margin: 0 0 .3rem; font-weight: 400; }
    .field { margin: 0 0 1.1rem; } input, select, textarea, button, .button { font: inherit; }
    input:not([type=checkbox]), select, textarea { width: 100%; padding: .55rem .7rem; border: 1px solid #77838f; border-radius: 6px; background: var(--card); color: var(--ink); height: 2.9rem; }
    textarea { height: auto; min-height: 7rem; } .check { display: flex; gap: .6rem; align-items: flex-start; font-weight: 400; } .check input { width: 1.4rem; height: 1.4rem; flex: none; margin-top: .15rem; }
    button, .button { display: inline-block; min-height: 2.9rem; padding: .5rem 1.2rem; border-radius: 6px; border: 1px solid var(--accent); background: var(--accent); color: var(--accent-ink); font-weight: 600; cursor: pointer; text-decoration: none; }
    button:hover, .button:hover { filter: brightness(1.1); } button.quiet, .button.quiet { background: transparent; color: var(--accent); } button.small, .button.small { min-height: 2rem; padding: .15rem .7rem; font-size: .92rem; }
    button.danger { background: var(--bad); border-color: var(--bad); color: var(--card); }
    .inline { display: flex; flex-wrap: wrap; gap: .7rem; align-items: flex-end; } .inline .field { margin: 0; flex: 1 1 12rem; max-width: 27rem; } .inline .field.wide { max-width: 40rem; } .inline .field + button { flex: none; } .row { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; } h1 + .card { margin-top: 1rem; }
    .timeline { list-style: none; margin: 0; padding: 0; } .timeline li { position: relative; padding: 0 0 1.1rem 1.5rem; border-left: 2px solid var(--line); margin-left: .4rem; }
    .timeline li:last-child { padding-bottom: 0; border-color: transparent; } .timeline li::before { content: ""; position: absolute; left: -.46rem; top: .45rem; width: .8rem; height: .8rem; border-radius: 50%; background: var(--card); border: 3px solid var(--accent); }
    .timeline time { color: var(--soft); font-size: .9rem; display: block; } .timeline .row { gap: .3rem .7rem; } .timeline .id { font-size: .82em; } @media (min-width: 56rem) { .timeline li { display: grid; grid-template-columns: 14rem 1fr; } }
    .confirm { margin: 0; } .confirm summary { list-style: none; display: inline-block; } .confirm summary::-webkit-details-marker { display: none; } .confirm form { margin: .7rem 0 0; max-width: 22rem; } .confirm p { margin: 0 0 .6rem; }
    figure { margin: 0; } svg { display: block; width: 100%; height: auto; max-width: 44rem; } svg text { fill: var(--soft); font-size: 11px; } .axis { stroke: var(--line); stroke-width: 1; }
    .c1 { fill: var(--c1); } .c2 { fill: var(--c2); } .c3 { fill: var(--c3); } .c4 { fill: var(--c4); } .legend { list-style: none; margin: .6rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .9rem; }
    .legend svg { display: inline-block; width: .9rem; height: .9rem; margin-right: .35rem; vertical-align: -.1rem; } details { margin-top: .8rem; } summary { cursor: pointer; color: var(--accent); padding: .3rem 0; }
    progress { width: 100%; height: .9rem; accent-color: var(--accent); } .crumbs { font-size: .92rem; margin: 0 0 .6rem; } .secret { font-size: 1.15rem; letter-spacing: .08em; }
    .qr { width: 13rem; max-width: 100%; border-radius: 6px; border: 1px solid var(--line); margin: 0 0 1rem; }
    .points { margin: 1rem 0; padding-left: 1.8rem; } .points li { margin: 0 0 .4rem; }
    footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem 2rem; color: var(--soft); font-size: .9rem; }
    @media (max-width: 60rem) {
      table.stack thead { position: absolute; left: -999rem; } table.stack, table.stack tbody, table.stack tr, table.stack td { display: block; } table.stack tr { border-bottom: 1px solid var(--line); padding: .6rem 0; }
      table.stack tbody tr:last-child { border-bottom: 0; padding-bottom: 0; } table.stack tbody tr:first-child { padding-top: 0; } table.stack td { border: 0; padding: .12rem 0; text-align: left; } table.stack td .id { white-space: normal; overflow-wrap: anywhere; } table.stack td[data-label]::before { content: attr(data-label) "  "; color: var(--soft); font-size: .88rem; } }
    @media (max-width: 40rem) {
      .bar { padding: .7rem 1rem; } main { padding: 1.2rem 1rem 2.5rem; } main.narrow { padding-top: 1.2rem; } .who { margin-left: 0; width: 100%; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .7rem; }
      main.narrow dl { grid-template-columns: 1fr; } .tiles { gap: .7rem; } .tiles strong { font-size: 1.5rem; } .inline .field, .inline .field.wide { max-width: none; flex-basis: 100%; }
      nav.main { overflow-x: visible; padding: 0 .5rem; } nav.main a { padding: .45rem .55rem; } h1 { font-size: 1.35rem; } }
    @media print { .top, nav.main, form, footer, .skip { display: none; } body { background: #fff; color: #000; } .card { border-color: #999; break-inside: avoid; } }
    @media (prefers-reduced-motion: no-preference) { a, button { transition: filter .1s, border-color .1s; } }

    """
}
