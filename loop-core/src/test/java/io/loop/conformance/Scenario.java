package io.loop.conformance;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A program of the scenario language.
///
/// @param name what it is called, `area/what-it-shows`
/// @param isRun whether it follows `asyncio.run`; else it runs until nothing is left to do
/// @param reportsUnretrieved whether the trace ends with the failures that nobody read
/// @param bodies its bodies by name
record Scenario(String name, boolean isRun, boolean reportsUnretrieved, Map<String, Body> bodies) {

  /// A list of ops with parameters.
  record Body(String name, List<String> params, List<Node> ops) {}

  static Scenario of(Node node) {
    Map<String, Body> bodies = new HashMap<>();
    if (node.raw("bodies") instanceof Node named) {
      named.fields().forEach((name, body) -> bodies.put(name, body(name, body)));
    }
    String mode = node.names("mode") ? node.text("mode") : "drain";
    if (!mode.equals("drain") && !mode.equals("run")) {
      throw new UnsupportedScenario("mode " + mode);
    }
    return new Scenario(
        node.text("name"), mode.equals("run"), node.flag("report_unretrieved"), bodies);
  }

  private static Body body(String name, Object body) {
    if (body instanceof List<?> ops) {
      return new Body(name, List.of(), Node.nodes(ops));
    }
    var node = (Node) body;
    return new Body(
        name, node.list("params").stream().map(String.class::cast).toList(), node.nodes("ops"));
  }

  Body body(String called) {
    Body body = bodies.get(called);
    if (body == null) {
      throw new UnsupportedScenario("no body " + called);
    }
    return body;
  }
}
