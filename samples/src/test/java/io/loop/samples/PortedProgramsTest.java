package io.loop.samples;

import static java.util.Locale.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.docs.Page;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The programs of `docs/asyncio`, started as the page says: from their source.
@Tag("slow")
class PortedProgramsTest {

  private static final List<String> FLAGS =
      List.of("--add-opens=java.base/java.lang=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED");

  private static final Path PROGRAMS = Page.root().resolve("docs").resolve("asyncio");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Children",
        "Contexts",
        "Crawler",
        "Deadlines",
        "Echo",
        "Generators",
        "Producers",
        "Shutdown",
        "Threads",
        "Udp"
      })
  void program_fromItsSource_printsWhatThePageSays(String name) throws Exception {
    List<String> expected = Page.of("asyncio.md").block(name.toLowerCase(ROOT), "text");
    List<String> printed = new ArrayList<>();

    try (var program = Program.ofSource(FLAGS, PROGRAMS.resolve(name + ".java"))) {
      program.lines().forEach(printed::add);
      int exitCode = program.exitCode();

      assertThat(printed).as(program.errors()).isEqualTo(expected);
      assertThat(exitCode).isZero();
    }
  }
}
