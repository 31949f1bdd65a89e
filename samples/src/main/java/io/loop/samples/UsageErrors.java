package io.loop.samples;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Explains wrong arguments in one line, and names the help in another.
final class UsageErrors {

  private static final int MOST_NEAR = 3;

  private UsageErrors() {}

  /// Prints what is wrong.
  ///
  /// @return the exit code
  static int explain(ParameterException mistake, String... arguments) {
    CommandLine command = mistake.getCommandLine();
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    boolean hasCommands = !command.getSubcommands().isEmpty();
    err.println(name + ": " + message(mistake));
    err.println("Try '" + name + " --help'" + (hasCommands ? ", which lists the commands." : "."));
    return CommandLine.ExitCode.USAGE;
  }

  private static String message(ParameterException mistake) {
    if (mistake instanceof UnmatchedArgumentException unmatched) {
      return unmatched(unmatched.getCommandLine(), unmatched.getUnmatched().getFirst());
    }
    // the cause is the failed conversion; what a sample itself refuses has a message already
    if (mistake.getCause() != null && mistake.getArgSpec() instanceof OptionSpec option) {
      String expected = expected(option, mistake.getValue());
      if (expected != null) {
        return option.longestName() + " must be " + expected;
      }
    }
    return String.valueOf(mistake.getMessage());
  }

  private static String unmatched(CommandLine command, String text) {
    boolean isOption = text.startsWith("-");
    Set<String> commands = command.getSubcommands().keySet();
    Set<String> known = isOption ? command.getCommandSpec().optionsMap().keySet() : commands;
    String beginning = text.substring(0, Math.min(text.length(), isOption ? 3 : 2));
    List<String> near =
        known.stream()
            .filter(name -> name.startsWith(beginning))
            .sorted()
            .limit(MOST_NEAR)
            .toList();
    String kind =
        isOption
            ? "unknown option"
            : commands.isEmpty() ? "unexpected argument" : "unknown command";
    String question = near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
    return kind + " '" + text + "'" + question;
  }

  private static @Nullable String expected(OptionSpec option, String text) {
    Class<?> type = option.type();
    if (type.isEnum()) {
      String names =
          Arrays.stream(type.getEnumConstants())
              .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(", "));
      return "one of " + names + ", not '" + text + "'";
    }
    if (type != int.class && type != long.class) {
      return null;
    }
    if (option.longestName().equals("--port")) {
      return "a number from 0 to " + CommonOptions.HIGHEST_PORT + ", not '" + text + "'";
    }
    return text.matches("\\d+")
        ? "at most " + (type == int.class ? Integer.MAX_VALUE : Long.MAX_VALUE) + ", not " + text
        : "a whole number, not '" + text + "'";
  }
}
