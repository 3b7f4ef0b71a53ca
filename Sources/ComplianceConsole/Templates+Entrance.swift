extension Templates {
  /// Pages before a session: sign-in, enrolment, errors.
  static let entrancePages: [(String, String)] = [
    (
      "entrance",
      """
      {{<layout}}{{$content}}
      <h1>{{t.entrance}}</h1>
      <p class="lead">{{t.entranceLead}}</p>
      {{#problem}}<p class="note bad" role="alert">{{problem}}</p>{{/problem}}
      <form class="card" method="get" action="/console">
      <div class="field"><label for="tenant">{{t.tenantID}}</label><input id="tenant" name="tenant" required maxlength="40" autocapitalize="none" autocomplete="organization" spellcheck="false"></div>
      <button>{{t.next}}</button>
      </form>
      {{/content}}{{/layout}}
      """
    ),
    (
      "signIn",
      """
      {{<layout}}{{$content}}
      <h1>{{t.signIn}}</h1>
      <p class="lead">{{t.signInLead}}</p>
      {{#notice}}<p class="note good" role="status">{{notice}}</p>{{/notice}}
      {{#problem}}<p class="note bad" role="alert">{{problem}}</p>{{/problem}}
      {{#provider}}<div class="card"><h2>{{t.providerTitle}}</h2><p>{{t.providerLead}}</p><p><a class="button" href="{{path}}">{{t.providerDo}}</a> <span class="hint">{{host}}</span></p></div>{{/provider}}
      {{#withPassword}}<form class="card" method="post" action="{{action}}">{{>token}}
      {{#provider}}<h2>{{t.providerElse}}</h2>{{/provider}}
      <div class="field"><label for="name">{{t.name}}</label><input id="name" name="name" required maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false" value="{{typedName}}"></div>
      <div class="field"><label for="password">{{t.password}}</label><input id="password" name="password" type="password" required maxlength="128" autocomplete="current-password"></div>
      <div class="field"><label for="code">{{t.code}}</label><p class="hint" id="code-hint">{{t.codeHint}}</p><input id="code" name="code" required inputmode="numeric" maxlength="8" autocomplete="one-time-code" aria-describedby="code-hint"></div>
      <button>{{t.signIn}}</button>
      </form>{{/withPassword}}
      <p class="lead">{{t.sessionNote}}</p>
      {{/content}}{{/layout}}
      """
    ),
    (
      "signedIn",
      """
      {{<layout}}{{$content}}
      <h1>{{t.signedIn}}</h1>
      <p class="lead" role="status">{{t.signedInLead}}</p>
      <p><a class="button" href="{{path}}">{{t.next}}</a></p>
      {{/content}}{{/layout}}
      """
    ),
    (
      "enrol",
      """
      {{<layout}}{{$content}}
      <h1>{{t.enrol}}</h1>
      <p class="lead">{{t.enrolLead}}</p>
      {{#problem}}<p class="note bad" role="alert">{{problem}}</p>{{/problem}}
      <form class="card" method="post" action="{{action}}">{{>token}}
      <p>{{t.name}}: <strong>{{account}}</strong></p>
      <h2>{{t.enrolStep1}}</h2>
      {{#qr}}<figure>{{{svg}}}</figure>{{/qr}}
      <p class="hint">{{t.enrolByHand}}</p>
      <p><code class="secret" id="secret">{{secret}}</code></p>
      <p><a href="{{address}}">{{t.openApp}}</a></p>
      <h2>{{t.enrolStep2}}</h2>
      <div class="field"><label for="password">{{t.password}}</label><p class="hint" id="password-hint">{{t.passwordHint}}</p><input id="password" name="password" type="password" required minlength="12" maxlength="128" autocomplete="new-password" aria-describedby="password-hint"></div>
      <h2>{{t.enrolStep3}}</h2>
      <div class="field"><label for="code">{{t.code}}</label><p class="hint" id="code-hint">{{t.codeHint}}</p><input id="code" name="code" required inputmode="numeric" maxlength="8" autocomplete="one-time-code" aria-describedby="code-hint"></div>
      <button>{{t.enrolSubmit}}</button>
      </form>
      {{/content}}{{/layout}}
      """
    ),
    (
      "message",
      """
      {{<layout}}{{$content}}
      <h1>{{title}}</h1>
      <div class="card"><p>{{lead}}</p>
      {{#code}}<p class="hint">{{t.errorCode}}: <code>{{code}}</code></p>{{/code}}
      {{#backPath}}<p><a class="button quiet" href="{{backPath}}">{{t.back}}</a></p>{{/backPath}}</div>
      {{/content}}{{/layout}}
      """
    ),
  ]

  /// The person's own door.
  static let doorPages: [(String, String)] = [
    (
      "doorEnter",
      """
      {{<layout}}{{$content}}
      <h1>{{t.door}}</h1>
      <p class="lead">{{t.doorLead}}</p>
      <form class="card" method="post" action="{{action}}">{{>token}}<p>{{t.doorOnce}}</p><button>{{t.doorEnter}}</button></form>
      {{/content}}{{/layout}}
      """
    ),
    (
      "door",
      """
      {{<layout}}{{$content}}
      <h1>{{t.door}}</h1>
      <p class="lead">{{t.doorLead}}</p>
      {{#notice}}<p class="note good" role="status">{{notice}}</p>{{/notice}}
      {{#isEmpty}}<div class="card empty"><strong>{{t.doorNone}}</strong></div>{{/isEmpty}}
      {{#groups}}<section aria-labelledby="{{key}}"><h2 id="{{key}}">{{label}}</h2>
      {{#consents}}<article class="card"><p class="row">{{#state}}{{>state}}{{/state}} <strong>{{notice}}</strong></p>
      <dl><dt>{{t.purposes}}</dt><dd>{{purposes}}</dd><dt>{{t.items}}</dt><dd>{{items}}</dd><dt>{{t.given}}</dt><dd>{{#given}}{{>time}}{{/given}}{{^given}}–{{/given}}</dd><dt>{{t.validUntil}}</dt><dd>{{#until}}{{>time}}{{/until}}{{^until}}–{{/until}}</dd></dl>
      {{#withdrawPath}}<p class="row"><a class="button quiet" href="{{withdrawPath}}">{{t.withdraw}}</a></p>{{/withdrawPath}}
      </article>
      {{/consents}}</section>
      {{/groups}}
      {{/content}}{{/layout}}
      """
    ),
    (
      "doorWithdraw",
      """
      {{<layout}}{{$content}}
      <h1>{{t.withdrawTitle}}</h1>
      {{#consent}}<div class="card"><p class="row">{{#state}}{{>state}}{{/state}} <strong>{{notice}}</strong></p>
      <dl><dt>{{t.purposes}}</dt><dd>{{purposes}}</dd><dt>{{t.items}}</dt><dd>{{items}}</dd></dl></div>{{/consent}}
      <p>{{t.withdrawLead}}</p>
      {{#atSource}}<p>{{t.withdrawSource}}</p>{{/atSource}}
      <form method="post" action="{{action}}" class="row">{{>token}}<button class="danger">{{t.withdrawDo}}</button> <a class="button quiet" href="/door">{{t.cancel}}</a></form>
      {{/content}}{{/layout}}
      """
    ),
  ]
}
