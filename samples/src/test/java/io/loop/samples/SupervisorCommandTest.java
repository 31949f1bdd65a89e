package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SupervisorCommandTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a=true | true",
        "a=./work.sh  -v\t1 | ./work.sh,-v,1",
        "a=sh -c 'x && y' | sh,-c,x && y",
        "a=echo \"it's\" | echo,it's",
        "a=echo 'a\\b' | echo,a\\b",
        "a=echo \"a\\\"b\" a\\ b | echo,a\"b,a b",
        "a=echo '' x\"\" | echo,,x",
        "a=echo a'b c'd | echo,ab cd",
        "a=echo \\ | echo,\\",
        "a.b-c_9=echo x=y | echo,x=y",
      })
  void argument_isSplitLikeInAShell(String text, String words) {
    assertThat(SupervisorCommand.ofArgument(text).words()).isEqualTo(List.of(words.split(",", -1)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "web", "=true", "web=", "web=  ", "a b=true", "ä=true", "web:true"})
  void argument_withoutNameOrCommand_saysWhatIsExpected(String text) {
    assertThatThrownBy(() -> SupervisorCommand.ofArgument(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected NAME=COMMAND")
        .hasMessageContaining("'" + text + "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a=echo 'x", "a=echo \"x", "a=echo \"x\\\""})
  void quote_thatIsNotClosed_isRefused(String text) {
    assertThatThrownBy(() -> SupervisorCommand.ofArgument(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is not closed in");
  }

  @Test
  void procfile_hasAProgramPerLine() {
    List<SupervisorCommand> commands =
        SupervisorCommand.ofLines(
            List.of("# the site", "", "web: python3 -m http.server", "  job:./work.sh a:b  "));

    assertThat(commands)
        .containsExactly(
            new SupervisorCommand("web", List.of("python3", "-m", "http.server")),
            new SupervisorCommand("job", List.of("./work.sh", "a:b")));
  }

  @Test
  void procfile_withAnotherLine_saysWhich() {
    assertThatThrownBy(() -> SupervisorCommand.ofLines(List.of("web=true")))
        .hasMessageContaining("expected NAME: COMMAND")
        .hasMessageContaining("'web=true'");
  }
}
