extension Templates {
  /// Pages on which something is done: pairs, exports, log, jobs, staff.
  static let workPages: [(String, String)] = [
    (
      "pairs",
      """
      {{<layout}}{{$content}}
      <h1>{{t.pairs}}</h1>
      <p class="lead">{{t.pairsLead}}</p>
      {{#notice}}<p class="note good" role="status">{{notice}}</p>{{/notice}}
      <div class="card">
      {{#hasPairs}}<table class="stack"><thead><tr><th scope="col">{{t.pair}}</th><th scope="col">{{t.ledgerRef}}</th><th scope="col">{{t.decideUntil}}</th></tr></thead><tbody>
      {{#pairs}}<tr><td><a class="id" href="{{path}}">{{id}}</a></td><td data-label="{{t.ledgerRef}}">{{ref}}</td><td data-label="{{t.decideUntil}}">{{#until}}{{>time}}{{/until}}</td></tr>{{/pairs}}
      </tbody></table>{{/hasPairs}}
      {{^hasPairs}}<div class="empty"><strong>{{t.noPairs}}</strong><p>{{t.noPairsLead}}</p></div>{{/hasPairs}}
      </div>
      {{#nextPath}}<p><a class="button quiet" rel="next" href="{{nextPath}}">{{t.more}}</a></p>{{/nextPath}}
      {{/content}}{{/layout}}
      """
    ),
    (
      "pair",
      """
      {{<layout}}{{$content}}
      <p class="crumbs"><a href="/console/pairs">{{t.pairs}}</a></p>
      <h1>{{t.pair}}</h1>
      {{#problem}}<p class="note bad" role="alert">{{problem}}</p>{{/problem}}
      <div class="card"><dl><dt>{{t.pair}}</dt><dd class="id">{{id}}</dd><dt>{{t.subject}}</dt><dd><a class="id" href="{{personPath}}">{{subject}}</a></dd><dt>{{t.ledgerRef}}</dt><dd>{{ref}}</dd><dt>{{t.state}}</dt><dd>{{#state}}{{>state}}{{/state}}</dd>{{#until}}<dt>{{t.decideUntil}}</dt><dd>{{>time}}</dd>{{/until}}{{#decidedBy}}<dt>{{t.decidedBy}}</dt><dd>{{decidedBy}}</dd><dt>{{t.decisionBasis}}</dt><dd>{{decisionBasis}}</dd>{{/decidedBy}}</dl></div>
      {{#canDecide}}<form class="card" method="post" action="{{action}}">{{>token}}
      <h2>{{t.decision}}</h2>
      <div class="field"><label for="basis">{{t.decisionBasis}}</label><p class="hint" id="basis-hint">{{t.decisionBasisHint}}</p><textarea id="basis" name="basis" required maxlength="500" aria-describedby="basis-hint">{{typedBasis}}</textarea></div>
      <div class="field"><label class="check"><input type="checkbox" name="confirmed" value="yes" required><span>{{t.confirmSame}}</span></label></div>
      <button>{{t.decideSubmit}}</button>
      </form>{{/canDecide}}
      {{#needsOfficer}}<p class="note">{{t.needsOfficer}}</p>{{/needsOfficer}}
      {{/content}}{{/layout}}
      """
    ),
    (
      "exports",
      """
      {{<layout}}{{$content}}
      <h1>{{t.exports}}</h1>
      <p class="lead">{{t.exportsLead}} {{t.verifyOffline}} <code>yonjo audit verify</code></p>
      {{#problem}}<p class="note bad" role="alert">{{problem}}</p>{{/problem}}
      {{#mayOrder}}<form class="card" method="post" action="/console/exports">{{>token}}
      <h2>{{t.newExport}}</h2>
      <div class="inline">
      <div class="field"><label for="from">{{t.from}}</label><input id="from" name="from" type="datetime-local" required value="{{from}}"></div>
      <div class="field"><label for="to">{{t.to}}</label><input id="to" name="to" type="datetime-local" required value="{{to}}"></div>
      <div class="field"><label for="format">{{t.format}}</label><select id="format" name="format"><option value="csv">CSV</option><option value="ndjson">NDJSON</option></select></div>
      <button>{{t.exportStart}}</button>
      </div>
      </form>{{/mayOrder}}
      <div class="card">
      {{#hasExports}}<table class="stack"><thead><tr><th scope="col">{{t.created}}</th><th scope="col">{{t.state}}</th><th scope="col">{{t.period}}</th><th scope="col">{{t.format}}</th><th scope="col">{{t.events}}</th><th scope="col">{{t.exportID}}</th></tr></thead><tbody>
      {{#exports}}<tr><td>{{#created}}{{>time}}{{/created}}</td><td>{{#state}}{{>state}}{{/state}}</td><td data-label="{{t.period}}">{{#after}}{{>time}}{{/after}} – {{#before}}{{>time}}{{/before}}</td><td data-label="{{t.format}}">{{encoding}}</td><td data-label="{{t.events}}">{{#isMade}}{{events}}{{/isMade}}{{#isRunning}}<progress aria-label="{{t.progress}}" value="{{covered}}" max="{{total}}">{{covered}} / {{total}}</progress>{{/isRunning}}</td><td><a class="id" href="{{path}}">{{id}}</a></td></tr>{{/exports}}
      </tbody></table>{{/hasExports}}
      {{^hasExports}}<div class="empty"><strong>{{t.noExports}}</strong><p>{{t.noExportsLead}}</p></div>{{/hasExports}}
      </div>
      {{/content}}{{/layout}}
      """
    ),
    (
      "export",
      """
      {{<layout}}{{$content}}
      <p class="crumbs"><a href="/console/exports">{{t.exports}}</a></p>
      {{#export}}<h1>{{t.export}}</h1>
      <p class="row">{{#state}}{{>state}}{{/state}} <span class="id">{{id}}</span></p>
      {{#failed}}<p class="note bad" role="alert">{{t.exportFailed}} {{t.errorCode}}: <code>{{code}}</code></p>{{/failed}}
      <div class="card">
      {{#isRunning}}<p role="status"><label for="progress">{{t.progress}}</label> <progress id="progress" value="{{covered}}" max="{{total}}">{{covered}} / {{total}}</progress></p>{{#follow}}<p>{{note}} <a href="{{path}}">{{label}}</a></p>{{/follow}}{{/isRunning}}
      <dl><dt>{{t.period}}</dt><dd>{{#after}}{{>time}}{{/after}} – {{#before}}{{>time}}{{/before}}</dd><dt>{{t.format}}</dt><dd>{{encoding}}</dd>{{#isMade}}<dt>{{t.events}}</dt><dd>{{events}}</dd><dt>{{t.size}}</dt><dd>{{size}}</dd>{{/isMade}}{{#expires}}<dt>{{t.expires}}</dt><dd>{{>time}}</dd>{{/expires}}{{#digest}}<dt>SHA-256</dt><dd><code>{{digest}}</code></dd>{{/digest}}</dl>
      </div>
      {{#downloadPath}}<p><a class="button" href="{{downloadPath}}">{{t.download}}</a></p>{{/downloadPath}}
      {{/export}}
      {{/content}}{{/layout}}
      """
    ),
    (
      "log",
      """
      {{<layout}}{{$content}}
      <h1>{{t.log}}</h1>
      <p class="lead">{{t.logLead}}</p>
      {{#verdict}}<div class="note {{tone}}" role="status"><strong>{{label}}</strong><p>{{lead}}</p>{{#hasDamage}}<ul>{{#damage}}<li><code>{{place}}</code> {{sentence}}</li>{{/damage}}</ul>{{/hasDamage}}</div>{{/verdict}}
      {{#checkpoint}}<section class="card" aria-labelledby="checkpoint"><h2 id="checkpoint">{{t.checkpoint}}</h2>
      <dl><dt>{{t.month}}</dt><dd>{{month}}</dd><dt>{{t.logSize}}</dt><dd>{{size}}</dd><dt>{{t.root}}</dt><dd><code>{{root}}</code></dd><dt>{{t.timeStamp}}</dt><dd>{{#stamp}}{{>time}}{{/stamp}}{{^stamp}}{{t.none}}{{/stamp}}</dd></dl>
      <details><summary>{{t.signedNote}}</summary><pre>{{note}}</pre></details></section>{{/checkpoint}}
      {{^checkpoint}}<div class="card empty"><strong>{{t.noCheckpoint}}</strong><p>{{t.noCheckpointLead}}</p></div>{{/checkpoint}}
      {{#mayVerify}}<form class="card" method="post" action="/console/log">{{>token}}<p>{{t.verifyNote}}</p><button>{{t.verifyNow}}</button></form>{{/mayVerify}}
      {{^mayVerify}}<p class="note">{{t.needsOfficer}}</p>{{/mayVerify}}
      {{/content}}{{/layout}}
      """
    ),
    (
      "jobs",
      """
      {{<layout}}{{$content}}
      <h1>{{t.jobs}}</h1>
      <p class="lead">{{t.jobsLead}}</p>
      <section class="card" aria-labelledby="health"><h2 id="health">{{t.health}}</h2>
      {{#hasJobs}}<table class="stack"><thead><tr><th scope="col">{{t.job}}</th><th scope="col">{{t.health}}</th><th scope="col">{{t.lastRun}}</th><th scope="col">{{t.lastSuccess}}</th><th scope="col">{{t.worked}}</th></tr></thead><tbody>
      {{#jobs}}<tr><td>{{name}}</td><td>{{#state}}{{>state}}{{/state}}</td><td data-label="{{t.lastRun}}">{{#ran}}{{>time}}{{/ran}}</td><td data-label="{{t.lastSuccess}}">{{#succeeded}}{{>time}}{{/succeeded}}{{^succeeded}}–{{/succeeded}}</td><td data-label="{{t.worked}}">{{items}}</td></tr>{{/jobs}}
      </tbody></table>{{/hasJobs}}
      {{^hasJobs}}<div class="empty"><strong>{{t.noJobs}}</strong></div>{{/hasJobs}}
      </section>
      <section class="card" aria-labelledby="ledger"><h2 id="ledger">{{t.ledgerJobs}}</h2>
      {{#hasLedger}}<table class="stack"><thead><tr><th scope="col">{{t.created}}</th><th scope="col">{{t.state}}</th><th scope="col">{{t.received}}</th><th scope="col">{{t.deleted}}</th><th scope="col">{{t.activated}}</th><th scope="col">{{t.invalid}}</th></tr></thead><tbody>
      {{#ledger}}<tr><td>{{#created}}{{>time}}{{/created}}</td><td>{{#state}}{{>state}}{{/state}}</td><td data-label="{{t.received}}">{{received}}</td><td data-label="{{t.deleted}}">{{deleted}}</td><td data-label="{{t.activated}}">{{activated}}</td><td data-label="{{t.invalid}}">{{invalid}}</td></tr>{{/ledger}}
      </tbody></table>{{/hasLedger}}
      {{^hasLedger}}<div class="empty"><strong>{{t.noLedgerJobs}}</strong></div>{{/hasLedger}}
      </section>
      {{/content}}{{/layout}}
      """
    ),
    (
      "staff",
      """
      {{<layout}}{{$content}}
      <h1>{{t.staff}}</h1>
      <p class="lead">{{t.staffLead}}</p>
      {{#problem}}<p class="note bad" role="alert">{{problem}}</p>{{/problem}}
      {{#invitation}}<div class="note good" role="status"><strong>{{t.inviteReady}}</strong> {{account}}<p><code id="invitation">{{link}}</code></p><p>{{t.inviteLead}}</p></div>{{/invitation}}
      <div class="card"><table class="stack"><thead><tr><th scope="col">{{t.name}}</th><th scope="col">{{t.role}}</th><th scope="col">{{t.state}}</th><th scope="col">{{t.action}}</th></tr></thead><tbody>
      {{#members}}<tr><td><strong>{{name}}</strong>{{#isOwn}} ({{t.you}}){{/isOwn}}</td><td data-label="{{t.role}}">{{role}}</td><td>{{#state}}{{>state}}{{/state}}</td><td>{{^isOwn}}<div class="row">
      <form method="post" action="{{path}}/{{toggle}}">{{>token}}<button class="quiet small" aria-label="{{toggleLabel}}: {{name}}">{{toggleLabel}}</button></form>
      <details class="confirm"><summary class="button quiet small" aria-label="{{t.reset}}: {{name}}">{{t.reset}}</summary><form method="post" action="{{path}}/reset">{{>token}}<p>{{t.resetLead}}</p><button class="danger small" aria-label="{{t.resetDo}}: {{name}}">{{t.resetDo}}</button></form></details></div>{{/isOwn}}</td></tr>
      {{/members}}</tbody></table></div>
      <form class="card" method="post" action="/console/staff">{{>token}}
      <h2>{{t.newStaff}}</h2>
      <div class="inline"><div class="field"><label for="name">{{t.name}}</label><input id="name" name="name" required maxlength="64" autocapitalize="none" autocomplete="off" spellcheck="false"></div>
      <div class="field"><label for="role">{{t.role}}</label><select id="role" name="role">{{#roles}}<option value="{{value}}">{{label}}</option>{{/roles}}</select></div>
      <button>{{t.add}}</button></div>
      </form>
      {{/content}}{{/layout}}
      """
    ),
  ]
}
