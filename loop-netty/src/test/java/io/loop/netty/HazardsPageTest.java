package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.docs.Page;
import io.loop.docs.TestNames;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class HazardsPageTest {

  private final List<List<String>> rows =
      Page.of("hazards.md").rows("no.", "what goes wrong", "here", "shown by");

  @Test
  void numbers_areComplete() {
    assertThat(rows)
        .extracting(List::getFirst)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, rows.size()).mapToObj(String::valueOf).toList());
  }

  @Test
  void everyTestNamed_exists() {
    List<String> named = rows.stream().flatMap(row -> Page.spans(row.get(3)).stream()).toList();

    assertThat(TestNames.of("loop-core", "loop-netty").unknown(named)).isEmpty();
  }

  @Test
  void everyRow_namesATest() {
    assertThat(rows).allMatch(row -> !Page.spans(row.get(3)).isEmpty());
  }

  @Test
  void everyTestNamedForAHazard_isInTheRowOfThatHazard() {
    var numbered = Pattern.compile(".*\\.hazard(\\d+)_.*");
    var misplaced = new ArrayList<String>();

    for (List<String> row : rows) {
      for (String test : Page.spans(row.get(3))) {
        Matcher number = numbered.matcher(test);
        if (number.matches() && !testsOf(Integer.parseInt(number.group(1))).contains(test)) {
          misplaced.add(row.getFirst() + ": " + test);
        }
      }
    }

    assertThat(misplaced).isEmpty();
  }

  private List<String> testsOf(int hazard) {
    return Page.spans(rows.get(hazard - 1).get(3));
  }
}
