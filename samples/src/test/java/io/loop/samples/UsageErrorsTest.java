package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/// One line that says what is wrong with the arguments, and one that names the help.
class UsageErrorsTest {

  private static String errorsOf(String arguments) {
    String[] words = arguments.split(" ", -1);
    var err = new StringWriter();
    CommandLine commandLine = Samples.commandLine(words).setErr(new PrintWriter(err));
    assertThat(commandLine.execute(words)).isEqualTo(2);
    return err.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "echo --port abc|--port must be a number from 0 to 65535, not 'abc'",
        "echo-client --port 99999999999|"
            + "--port must be a number from 0 to 65535, not '99999999999'",
        "echo --grace 1.5|--grace must be a whole number, not '1.5'",
        "echo --grace 99999999999|--grace must be at most 2147483647, not 99999999999",
        "fetch --max-body 1G|--max-body must be a whole number, not '1G'",
        "proxy --balance foo|--balance must be one of least, round_robin, not 'foo'",
        "echo --carrier foo|--carrier must be one of auto, loop, portable, not 'foo'",
        "echo --reuse-port=maybe|"
            + "Invalid value for option '--reuse-port': 'maybe' is not a boolean",
        "echo --prot 80|unknown option '--prot'; did you mean --port?",
        "echo --prot=80|unknown option '--prot=80'; did you mean --port?",
        "echo --zzz|unknown option '--zzz'",
        "echo a|unexpected argument 'a'",
        "echo-client|Missing required option: '--port=<port>'",
      })
  void wrongArgument_isOneLineAndTheHelpAnother(String arguments, String message) {
    String command = "loop " + arguments.split(" ", 2)[0];

    assertThat(errorsOf(arguments).lines())
        .containsExactly(command + ": " + message, "Try '" + command + " --help'.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "nosuch|unknown command 'nosuch'",
        "htpp|unknown command 'htpp'; did you mean http or http2?",
        "http3|unknown command 'http3'; did you mean http or http2?",
        "udpecho|unknown command 'udpecho'; did you mean udp-echo?",
        "xy|unknown command 'xy'",
      })
  void unknownCommand_getsNearNamesOnly_andTheList(String arguments, String message) {
    assertThat(errorsOf(arguments).lines())
        .containsExactly("loop: " + message, "Try 'loop --help', which lists the commands.");
  }
}
