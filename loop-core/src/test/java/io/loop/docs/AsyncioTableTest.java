package io.loop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AsyncioTableTest {

  private final AsyncioTable table = AsyncioTable.ofThisRepository();

  @Test
  void names_ofThisModuleAndTheJdk_exist() {
    assertThat(table.wrongNames(packageName -> !isNettys(packageName))).isEmpty();
  }

  /// The test of the same name in loop-netty looks at these.
  private static boolean isNettys(String packageName) {
    return packageName.startsWith("io.netty.") || packageName.startsWith("io.loop.netty");
  }

  @Test
  void names_areInAPackageThatThePageLists() {
    assertThat(table.strayNames()).isEmpty();
  }

  @Test
  void rows_nameSomethingOrSayWhyNot() {
    assertThat(table.rows()).hasSizeGreaterThan(200);
    assertThat(table.silentRows()).isEmpty();
  }

  @Test
  void wrongNames_findsWhatIsNotThere() {
    var page =
        Page.ofLines(
            "| package | types |",
            "|---|---|",
            "| `io.loop.event` | `Loop`, `Nothing` |",
            "",
            "| asyncio | Loop | differences |",
            "|---|---|---|",
            "| a | `Loop.time()`, `Loop.never()`, `Loop.callAt(Callback)`, `Loop.NONE` | |",
            "| b | `new Loop()`, `Loop.callAt(Duration, Callback)`, `Loop.Inner` | |");

    assertThat(new AsyncioTable(page).wrongNames("io.loop.event"::equals))
        .containsExactly(
            "Nothing",
            "Loop.never()",
            "Loop.callAt(Callback)",
            "Loop.NONE",
            "new Loop()",
            "Loop.Inner");
  }

  @Test
  void strayNames_findsTypesOfNoPackage() {
    var page = Page.ofLines("| asyncio | Loop | differences |", "|---|---|---|", "| a | `X.y` | |");

    assertThat(new AsyncioTable(page).strayNames()).containsExactly("X.y");
  }
}
