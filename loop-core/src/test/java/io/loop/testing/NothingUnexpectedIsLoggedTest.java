package io.loop.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NothingUnexpectedIsLoggedTest {

  private final Logger root = Logger.getLogger("");
  private final Logger logger = Logger.getLogger("io.loop.some");
  private final List<Handler> consoles =
      Stream.of(root.getHandlers()).filter(ConsoleHandler.class::isInstance).toList();

  @BeforeEach
  void keepTheConsoleQuiet() {
    consoles.forEach(root::removeHandler);
  }

  @AfterEach
  void restoreTheConsole() {
    consoles.forEach(root::addHandler);
  }

  @ParameterizedTest
  @ValueSource(strings = {"WARNING", "SEVERE"})
  void check_afterAReport_failsOnceWithWhatWasLogged(String level) {
    logger.log(Level.parse(level), "lost", new IllegalStateException("bug"));

    assertThatThrownBy(NothingUnexpectedIsLogged::check)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(level + " io.loop.some: lost")
        .hasMessageContaining("bug");
    assertThatCode(NothingUnexpectedIsLogged::check).doesNotThrowAnyException();
  }

  @Test
  void check_afterALineBelowWarning_passes() {
    logger.info("a line");

    assertThatCode(NothingUnexpectedIsLogged::check).doesNotThrowAnyException();
  }

  @Test
  void check_afterACapturedReport_passes() {
    try (var log = new CapturedLog("io.loop.some")) {
      logger.severe("expected");

      assertThat(log.messages()).containsExactly("expected");
    }

    assertThatCode(NothingUnexpectedIsLogged::check).doesNotThrowAnyException();
  }
}
