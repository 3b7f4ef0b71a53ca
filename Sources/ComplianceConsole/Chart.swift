import Foundation

/// Charts as SVG, each with the same figures as a table. Values of the template `overview`; whatever is a word is escaped.
enum Chart {
  private static let width = 330.0
  private static let height = 190.0
  private static let left = 34.0
  private static let bottom = 24.0
  private static let top = 10.0

  /// Columns over time, one series on the other.
  static func stacked(key: String, title: String, columns: [String], series: [Series], head: String) -> [String: Any] {
    let totals = columns.indices.map { column in series.reduce(0) { $0 + $1.values[column] } }
    let scale = Scale(maximum: totals.max() ?? 0)
    let plot = height - bottom - top
    var body = axis(scale)
    let step = (width - left - 6) / Double(max(1, columns.count))
    for (column, name) in columns.enumerated() {
      let x = left + step * Double(column)
      var base = height - bottom
      for (index, one) in series.enumerated() where one.values[column] > 0 {
        let size = plot * Double(one.values[column]) / Double(scale.top)
        base -= size
        body += "<rect class=\"c\(index % 4 + 1)\" x=\"\(number(x + step * 0.15))\" y=\"\(number(base))\" width=\"\(number(step * 0.7))\" "
        body += "height=\"\(number(size))\"></rect>"
      }
      // Twelve months leave room for every second name.
      if columns.count <= 6 || (columns.count - 1 - column).isMultiple(of: 2) {
        body += text(x + step / 2, height - 8, name, anchor: "middle")
      }
    }
    return values(
      key: key, title: title, svg: svg(key, title, height: height, body), columns: [head] + series.map(\.name),
      rows: columns.enumerated().map { column, name in (name, series.map { String($0.values[column]) }) },
      legend: series.count > 1 ? series.map(\.name) : [])
  }

  /// A bar for each name.
  static func bars(key: String, title: String, rows: [Bar], head: String, count: String) -> [String: Any] {
    let shown = Array(rows.prefix(10))
    let most = max(1, shown.map(\.count).max() ?? 1)
    var body = ""
    for (index, row) in shown.enumerated() {
      let y = Double(index) * 36
      let size = (width - 60) * Double(row.count) / Double(most)
      body += text(0, y + 13, row.name, anchor: "start")
      body += "<rect class=\"c1\" x=\"0\" y=\"\(number(y + 18))\" width=\"\(number(max(2, size)))\" height=\"12\" rx=\"2\"></rect>"
      body += text(max(2, size) + 6, y + 28, String(row.count), anchor: "start")
    }
    return values(
      key: key, title: title, svg: svg(key, title, height: Double(max(1, shown.count)) * 36, body), columns: [head, count],
      rows: rows.map { ($0.name, [String($0.count)]) }, legend: [])
  }

  private static func values(
    key: String, title: String, svg: String, columns: [String], rows: [(String, [String])], legend: [String]
  ) -> [String: Any] {
    [
      "key": key, "label": title, "svg": svg, "columns": columns,
      "rows": rows.map { head, cells in ["head": head, "cells": cells] as [String: Any] }, "hasLegend": !legend.isEmpty,
      "legend": legend.enumerated().map { ["tone": "c\($0 % 4 + 1)", "label": $1] },
    ]
  }

  private static func svg(_ key: String, _ title: String, height: Double, _ body: String) -> String {
    "<svg viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\" aria-labelledby=\"\(key)-label\"><title id=\"\(key)-label\">"
      + "\(escaped(title))</title>\(body)</svg>"
  }

  private static func axis(_ scale: Scale) -> String {
    (0...scale.steps).map { step in
      let value = scale.top * step / scale.steps
      let y = height - bottom - (height - bottom - top) * Double(step) / Double(scale.steps)
      return "<line class=\"axis\" x1=\"\(number(left))\" x2=\"\(number(width))\" y1=\"\(number(y))\" y2=\"\(number(y))\"></line>"
        + text(left - 5, y + 4, short(value), anchor: "end")
    }.joined()
  }

  private static func text(_ x: Double, _ y: Double, _ text: String, anchor: String) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\">\(escaped(text))</text>"
  }

  /// 12,000 as 12k: the axis has room for four characters.
  static func short(_ value: Int) -> String {
    switch value {
    case ..<10_000: String(value)
    case ..<1_000_000: "\(value / 1_000)k"
    default: "\(value / 1_000_000)M"
    }
  }

  private static func number(_ value: Double) -> String { String((value * 10).rounded() / 10) }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }

  /// Values of one name, one for each column.
  struct Series {
    let name: String
    let values: [Int]
  }

  /// One bar.
  struct Bar {
    let name: String
    let count: Int
  }

  /// A round number at the top of an axis, and how many lines there are below it.
  struct Scale: Equatable {
    let top: Int
    let steps: Int

    init(maximum: Int) {
      var unit = 1
      while unit * 10 <= max(1, maximum) { unit *= 10 }
      let factor = [1, 2, 4, 5, 8, 10].first { $0 * unit >= max(1, maximum) } ?? 10
      top = factor * unit
      steps = top == 1 ? 1 : top.isMultiple(of: 4) ? 4 : top.isMultiple(of: 5) ? 5 : 2
    }
  }
}
