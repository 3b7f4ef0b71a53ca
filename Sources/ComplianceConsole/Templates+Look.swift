extension Templates {
  /// Pages that look: overview, search, people, consents.
  static let lookPages: [(String, String)] = [
    (
      "overview",
      """
      {{<layout}}{{$content}}
      <h1>{{t.overview}}</h1>
      <ul class="tiles">
      {{#tiles}}<li><strong>{{value}}</strong><span>{{#path}}<a href="{{path}}">{{label}}</a>{{/path}}{{^path}}{{label}}{{/path}}</span></li>
      {{/tiles}}</ul>
      {{#isEmpty}}<div class="card empty"><strong>{{t.nothingYet}}</strong><p>{{t.nothingYetLead}}</p></div>{{/isEmpty}}
      <div class="grid">
      {{#charts}}<section class="card" aria-labelledby="{{key}}-title"><h2 id="{{key}}-title">{{label}}</h2>
      <figure>{{{svg}}}</figure>
      {{#hasLegend}}<ul class="legend" aria-hidden="true">{{#legend}}<li><svg viewBox="0 0 10 10"><rect width="10" height="10" rx="2" class="{{tone}}"></rect></svg>{{label}}</li>{{/legend}}</ul>{{/hasLegend}}
      <details><summary>{{t.asTable}}</summary><div class="scroll" tabindex="0" role="group"><table><thead><tr>{{#columns}}<th scope="col">{{.}}</th>{{/columns}}</tr></thead><tbody>{{#rows}}<tr><th scope="row">{{head}}</th>{{#cells}}<td class="number">{{.}}</td>{{/cells}}</tr>{{/rows}}</tbody></table></div></details>
      </section>
      {{/charts}}</div>
      {{/content}}{{/layout}}
      """
    ),
    (
      "search",
      """
      {{<layout}}{{$content}}
      <h1>{{t.search}}</h1>
      <p class="lead">{{t.searchLead}}</p>
      <form class="card inline" method="post" action="/console/search" role="search">{{>token}}
      <div class="field wide"><label for="term">{{t.searchTerm}}</label><p class="hint" id="term-hint">{{t.searchNote}}</p><input id="term" name="term" required maxlength="128" autocomplete="off" spellcheck="false" aria-describedby="term-hint"></div>
      <button>{{t.searchDo}}</button>
      </form>
      {{#hasSearched}}<section aria-labelledby="results"><h2 id="results">{{t.results}}</h2>
      {{#found}}<div class="card"><table class="stack"><thead><tr><th scope="col">{{t.subjectID}}</th><th scope="col">{{t.since}}</th></tr></thead><tbody>
      {{#people}}<tr><td><a class="id" href="{{path}}">{{id}}</a>{{#erased}} <span class="state">{{t.erased}}</span>{{/erased}}</td><td data-label="{{t.since}}">{{#since}}{{>time}}{{/since}}</td></tr>{{/people}}
      </tbody></table></div>{{/found}}
      {{^found}}<div class="card empty" role="status"><strong>{{t.noResults}}</strong><p>{{t.noResultsLead}}</p></div>{{/found}}
      </section>{{/hasSearched}}
      {{/content}}{{/layout}}
      """
    ),
    (
      "person",
      """
      {{<layout}}{{$content}}
      <p class="crumbs"><a href="/console/search">{{t.search}}</a></p>
      <h1>{{t.person}}</h1>
      <p class="lead"><span class="id">{{id}}</span>{{#since}} · {{t.since}} {{>time}}{{/since}}{{#erased}} <span class="state">{{t.erased}}</span>{{/erased}}</p>
      {{>asOf}}
      <section class="card" aria-labelledby="consents"><h2 id="consents">{{t.personConsents}}</h2>
      {{#hasConsents}}{{>consentTable}}{{/hasConsents}}
      {{^hasConsents}}<div class="empty"><strong>{{t.noConsents}}</strong><p>{{noConsentsLead}}</p></div>{{/hasConsents}}
      </section>
      <section class="card" aria-labelledby="evidence"><h2 id="evidence">{{t.envelopes}}</h2>
      {{#hasEvidence}}<p class="lead">{{t.evidenceLead}}</p>{{>evidenceTable}}{{/hasEvidence}}
      {{^hasEvidence}}<div class="empty"><strong>{{t.noEvidence}}</strong><p>{{t.noEvidenceLead}}</p></div>{{/hasEvidence}}
      </section>
      <section class="card" aria-labelledby="timeline"><h2 id="timeline">{{t.timeline}}</h2>
      {{#hasEntries}}<ol class="timeline">
      {{#entries}}<li>{{#at}}{{>time}}{{/at}}<div><div class="row"><strong>{{kind}}</strong> {{#state}}{{>state}}{{/state}} <span>{{by}}</span></div>{{#path}}<a class="id" href="{{path}}">{{object}}</a>{{/path}}{{^path}}<span class="id soft">{{object}}</span>{{/path}}</div></li>
      {{/entries}}</ol>{{/hasEntries}}
      {{^hasEntries}}<div class="empty"><strong>{{t.noTimeline}}</strong></div>{{/hasEntries}}
      </section>
      {{/content}}{{/layout}}
      """
    ),
    (
      "consents",
      """
      {{<layout}}{{$content}}
      <h1>{{t.consents}}</h1>
      {{>asOf}}
      <div class="card">
      {{#hasConsents}}{{>consentTable}}{{/hasConsents}}
      {{^hasConsents}}<div class="empty"><strong>{{t.noConsents}}</strong><p>{{t.noConsentsLead}}</p></div>{{/hasConsents}}
      </div>
      {{#nextPath}}<p><a class="button quiet" rel="next" href="{{nextPath}}">{{t.more}}</a></p>{{/nextPath}}
      {{/content}}{{/layout}}
      """
    ),
    (
      "notYet",
      """
      {{<layout}}{{$content}}
      <p class="crumbs"><a href="/console/consents">{{t.consents}}</a></p>
      <h1>{{t.consent}}</h1>
      <p class="row"><span class="id">{{id}}</span></p>
      {{>asOf}}
      <div class="card empty"><strong>{{t.notYet}}</strong><p><a href="{{asOfPath}}">{{t.asOfNow}}</a></p></div>
      {{/content}}{{/layout}}
      """
    ),
    (
      "consent",
      """
      {{<layout}}{{$content}}
      <p class="crumbs"><a href="{{personPath}}">{{t.person}}</a></p>
      <h1>{{t.consent}}</h1>
      <p class="row">{{#state}}{{>state}}{{/state}} <span class="id">{{id}}</span></p>
      {{>asOf}}
      <div class="grid">
      <section class="card" aria-labelledby="what"><h2 id="what">{{t.what}}</h2>
      <dl><dt>{{t.subject}}</dt><dd><a class="id" href="{{personPath}}">{{subject}}</a></dd><dt>{{t.service}}</dt><dd>{{service}}</dd><dt>{{t.purposes}}</dt><dd>{{purposes}}</dd><dt>{{t.items}}</dt><dd>{{items}}</dd>
      <dt>{{t.requested}}</dt><dd>{{#requested}}{{>time}}{{/requested}}</dd><dt>{{t.given}}</dt><dd>{{#given}}{{>time}}{{/given}}{{^given}}–{{/given}}</dd><dt>{{t.validFrom}}</dt><dd>{{#validFrom}}{{>time}}{{/validFrom}}{{^validFrom}}–{{/validFrom}}</dd><dt>{{t.validUntil}}</dt><dd>{{#until}}{{>time}}{{/until}}{{^until}}–{{/until}}</dd><dt>{{t.atSource}}</dt><dd>{{atSource}}</dd>{{#source}}<dt>{{t.sourceReference}}</dt><dd><span class="id">{{reference}}</span></dd><dt>{{t.sourceReceived}}</dt><dd>{{#received}}{{>time}}{{/received}}{{^received}}–{{/received}}</dd>{{/source}}</dl>
      </section>
      <section class="card" aria-labelledby="evidence"><h2 id="evidence">{{t.evidence}}</h2>
      <dl><dt>{{t.notice}}</dt><dd><span class="id">{{notice}}</span> {{t.version}} {{version}}</dd><dt>{{t.noticeDigest}}</dt><dd><code>{{digest}}</code></dd></dl>
      <h3>{{t.receipt}}</h3><p>{{t.receiptLead}}</p><p><a class="button" href="{{receiptPath}}">{{t.receiptDownload}}</a></p>
      </section>
      </div>
      <section class="card" aria-labelledby="history"><h2 id="history">{{t.history}}</h2>
      <table class="stack"><thead><tr><th scope="col">{{t.when}}</th><th scope="col">{{t.state}}</th><th scope="col">{{t.by}}</th><th scope="col">{{t.basis}}</th></tr></thead><tbody>
      {{#events}}<tr><td>{{#at}}{{>time}}{{/at}}</td><td>{{#state}}{{>state}}{{/state}}</td><td data-label="{{t.by}}">{{by}}</td><td data-label="{{t.basis}}">{{basis}}</td></tr>{{/events}}
      </tbody></table>
      </section>
      <section class="card" aria-labelledby="envelopes"><h2 id="envelopes">{{t.envelopes}}</h2>
      <p class="lead">{{t.evidenceLead}}</p>
      {{#hasEvidence}}{{>evidenceTable}}<p class="lead">{{t.evidenceOpen}} <code>yonjo evidence open</code></p>{{/hasEvidence}}
      {{^hasEvidence}}<div class="empty"><strong>{{t.noEvidence}}</strong><p>{{t.noEvidenceLead}}</p></div>{{/hasEvidence}}
      </section>
      <section class="card" aria-labelledby="shown"><h2 id="shown">{{t.shownWords}}</h2>
      {{#shown}}<p><strong>{{title}}</strong></p><pre lang="{{noticeLang}}">{{body}}</pre>{{/shown}}
      {{#hasPoints}}<ol class="points" lang="{{noticeLang}}">{{#points}}<li value="{{number}}">{{text}}</li>{{/points}}</ol>{{/hasPoints}}
      {{#hasTerms}}<dl lang="{{noticeLang}}">{{#terms}}<dt>{{name}}</dt><dd>{{text}}</dd>{{/terms}}</dl>{{/hasTerms}}
      {{#shown}}<p>{{t.withdrawalMethod}}: <span lang="{{noticeLang}}">{{method}}</span></p>{{/shown}}
      </section>
      {{/content}}{{/layout}}
      """
    ),
  ]
}
