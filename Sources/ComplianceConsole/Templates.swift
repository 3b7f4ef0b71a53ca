import Mustache

/// The pages' templates (Mustache). Every value is escaped; the only markup that is not a template's own is a chart's, made of numbers and escaped words.
enum Templates {
  static func library() throws -> MustacheLibrary {
    var library = MustacheLibrary()
    for (name, text) in all { try library.register(text, named: name) }
    return library
  }

  static let all: [(String, String)] =
    [
      ("layout", layout), ("time", time), ("state", state), ("token", token), ("asOf", asOf), ("consentTable", consentTable),
      ("evidenceTable", evidenceTable),
    ] + entrancePages
    + lookPages + workPages + doorPages

  private static let layout = """
    <!doctype html>
    <html lang="{{lang}}">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{{title}}{{#tenant}} – {{tenant}}{{/tenant}} – {{t.product}}</title>
    <link rel="stylesheet" href="{{style}}">
    </head>
    <body>
    <a class="skip" href="#content">{{t.skip}}</a>
    <header class="top">
    <div class="bar">
    <a class="brand" href="{{home}}"><span aria-hidden="true">◆</span> {{t.product}}</a>
    {{#tenant}}<span class="tenant">{{tenant}}</span>{{/tenant}}
    <div class="who">
    {{#user}}<span>{{name}} · {{role}}</span>{{/user}}
    <a href="{{switchPath}}" lang="{{switchLang}}" hreflang="{{switchLang}}">{{t.switchLanguage}}</a>
    {{#user}}<form method="post" action="/console/sign-out">{{>token}}<button class="quiet small">{{t.signOut}}</button></form>{{/user}}
    {{#person}}<form method="post" action="/door/leave">{{>token}}<button class="quiet small">{{t.doorLeave}}</button></form>{{/person}}
    </div>
    </div>
    {{#hasMenu}}<nav class="main" aria-label="{{t.menu}}"><ul>
    {{#menu}}<li><a href="{{path}}"{{#current}} aria-current="page"{{/current}}>{{label}}</a></li>
    {{/menu}}</ul></nav>{{/hasMenu}}
    </header>
    <main id="content" tabindex="-1"{{#narrow}} class="narrow"{{/narrow}}>
    {{$content}}{{/content}}
    </main>
    <footer>{{t.product}}{{#user}} · {{t.console}} · {{t.allTimes}}{{/user}}</footer>
    </body>
    </html>
    """

  private static let time = #"<time datetime="{{iso}}">{{text}}</time>"#
  private static let state = #"<span class="state {{tone}}">{{label}}</span>"#
  private static let token = #"<input type="hidden" name="token" value="{{token}}">"#

  /// The switch to another instant.
  private static let asOf = """
    <form class="card inline" method="get" action="{{asOfPath}}">
    <div class="field"><label for="at">{{t.asOf}}</label><p class="hint" id="at-hint">{{t.asOfHint}}</p>
    <input id="at" name="at" type="datetime-local" step="1" value="{{asOfValue}}" aria-describedby="at-hint"></div>
    {{#states}}<div class="field"><label for="state">{{t.state}}</label><select id="state" name="state">
    {{#options}}<option value="{{value}}"{{#selected}} selected{{/selected}}>{{label}}</option>{{/options}}
    </select></div>{{/states}}
    <button>{{t.asOfShow}}</button>
    {{#asOfText}}<a class="button quiet" href="{{asOfPath}}">{{t.asOfNow}}</a>{{/asOfText}}
    </form>
    {{#asOfText}}<p class="note warn" role="status">{{t.asOfBanner}} <strong>{{asOfText}}</strong></p>{{/asOfText}}
    """

  private static let consentTable = """
    <table class="stack">
    <thead><tr><th scope="col">{{t.state}}</th><th scope="col">{{t.purposes}}</th><th scope="col">{{t.items}}</th><th scope="col">{{t.given}}</th><th scope="col">{{t.validUntil}}</th><th scope="col">{{t.consentID}}</th></tr></thead>
    <tbody>
    {{#consents}}<tr><td>{{#state}}{{>state}}{{/state}}</td><td data-label="{{t.purposes}}">{{purposes}}</td><td data-label="{{t.items}}">{{items}}</td><td data-label="{{t.given}}">{{#given}}{{>time}}{{/given}}{{^given}}–{{/given}}</td><td data-label="{{t.validUntil}}">{{#until}}{{>time}}{{/until}}{{^until}}–{{/until}}</td><td><a class="id" href="{{path}}">{{id}}</a></td></tr>
    {{/consents}}
    </tbody>
    </table>
    """

  private static let evidenceTable = """
    <table class="stack">
    <thead><tr><th scope="col">{{t.state}}</th><th scope="col">{{t.evidenceKind}}</th><th scope="col">{{t.created}}</th><th scope="col">{{t.evidenceUntil}}</th><th scope="col">{{t.evidenceID}}</th></tr></thead>
    <tbody>
    {{#envelopes}}<tr><td>{{#state}}{{>state}}{{/state}}</td><td data-label="{{t.evidenceKind}}">{{kind}}</td><td data-label="{{t.created}}">{{#created}}{{>time}}{{/created}}</td><td data-label="{{t.evidenceUntil}}">{{#keptUntil}}{{>time}}{{/keptUntil}}{{^keptUntil}}{{t.evidenceWhile}}{{/keptUntil}}</td><td><span class="id">{{id}}</span></td></tr>
    {{/envelopes}}
    </tbody>
    </table>
    """
}
