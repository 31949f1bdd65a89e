package io.loop.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every recorded scenario comes out as CPython's asyncio has it, line by line.
final class ConformanceTest {

  private static final Map<String, Integer> PASSED = new TreeMap<>();
  private static final Map<String, Integer> SKIPPED = new TreeMap<>();

  @TestFactory
  Stream<DynamicContainer> scenario_withoutDebugMode_isAsRecorded() throws Exception {
    return areas(Mode.STRICT);
  }

  @TestFactory
  Stream<DynamicContainer> scenario_inDebugMode_isAsRecorded() throws Exception {
    return areas(Mode.DEBUG);
  }

  @TestFactory
  Stream<DynamicContainer> scenario_withManyTicksPerPoll_isAsRecorded() throws Exception {
    return areas(Mode.MANY_TICKS);
  }

  @AfterAll
  static void printCounts() {
    System.out.println("Scenarios as recorded, all modes: " + PASSED + ", skipped: " + SKIPPED);
  }

  private static Stream<DynamicContainer> areas(Mode mode) throws Exception {
    List<DynamicContainer> areas = new ArrayList<>();
    addAreas("", areas, mode);
    addAreas("own/", areas, mode);
    return areas.stream();
  }

  private static void addAreas(String folder, List<DynamicContainer> areas, Mode mode)
      throws Exception {
    List<Path> files;
    try (Stream<Path> found = Files.list(resource(folder + "scenarios"))) {
      files = found.sorted().toList();
    }
    for (Path file : files) {
      String area = file.getFileName().toString().replace(".json", "");
      areas.add(area(area, file, resource(folder + "expected/" + area + ".trace"), mode));
    }
  }

  private static Path resource(String folder) throws URISyntaxException {
    URL url = ConformanceTest.class.getResource("/conformance/" + folder);
    return Path.of(Objects.requireNonNull(url).toURI());
  }

  private static DynamicContainer area(String area, Path file, Path expected, Mode mode)
      throws Exception {
    Map<String, List<String>> traces = traces(expected);
    var all = (Node) Objects.requireNonNull(Json.parse(Files.readString(file)));
    Stream<DynamicTest> tests =
        all.nodes("scenarios").stream()
            .map(node ->
                DynamicTest.dynamicTest(
                    node.text("name"),
                    () -> check(area, node, traces.get(node.text("name")), mode)));
    return DynamicContainer.dynamicContainer(area, tests);
  }

  private static Map<String, List<String>> traces(Path file) throws IOException {
    Map<String, List<String>> traces = new LinkedHashMap<>();
    List<String> trace = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith("== ")) {
        trace = new ArrayList<>();
        traces.put(line.substring(3), trace);
      } else {
        trace.add(line);
      }
    }
    return traces;
  }

  private static void check(String area, Node scenario, List<String> recorded, Mode mode) {
    String reason = Skipped.reason(area);
    if (reason != null) {
      SKIPPED.merge(area, 1, Integer::sum);
      Assumptions.abort(reason);
    }
    List<String> trace = Conformance.trace(Scenario.of(scenario), mode);

    assertThat(trace).as(() -> difference(recorded, trace)).isEqualTo(recorded);
    PASSED.merge(area, 1, Integer::sum);
  }

  /// {@return the two traces up to where they part}
  private static String difference(List<String> recorded, List<String> trace) {
    var text = new StringBuilder("recorded and (from where they differ) ours\n");
    int same = 0;
    while (same < Math.min(recorded.size(), trace.size())
        && recorded.get(same).equals(trace.get(same))) {
      text.append("    ").append(recorded.get(same++)).append('\n');
    }
    recorded.stream().skip(same).forEach(line -> text.append("  - ").append(line).append('\n'));
    trace.stream().skip(same).forEach(line -> text.append("  + ").append(line).append('\n'));
    return text.toString();
  }
}
