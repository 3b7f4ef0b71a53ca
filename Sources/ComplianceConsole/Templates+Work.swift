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
      <div class="card"><dl><dt>{{t.pair}}</dt><dd class="id">{{id}}</dd><dt>{{t.subject}}</dt><dd><a class="id" href="{{personPath}}">{{subject}}</a></dd><dt>{{t.ledgerRef}}</dt><dd>{{ref}}</dd><dt>{{t.state}}</dt><dd>{{state}}</dd>{{#until}}<dt>{{t.decideUntil}}</dt><dd>{{>time}}</dd>{{/until}}{{#decidedBy}}<dt>{{t.decidedBy}}</dt><dd>{{decidedBy}}</dd><dt>{{t.decisionBasis}}</dt><dd>{{decisionBasis}}</dd>{{/decidedBy}}</dl></div>
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
      "jobs",
      """
      {{<layout}}{{$content}}
      <h1>{{t.jobs}}</h1>
      <p class="lead">{{t.jobsLead}}</p>
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
      <form method="post" action="{{path}}/reset">{{>token}}<button class="quiet small" aria-label="{{t.reset}}: {{name}}">{{t.reset}}</button></form></div>{{/isOwn}}</td></tr>
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
