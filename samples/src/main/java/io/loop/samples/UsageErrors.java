package io.loop.samples;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Explains wrong arguments in one line, and names the help in another.
final class UsageErrors {

  private static final int MOST_EDITS = 2;

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
    if (text.startsWith("-")) {
      Collection<String> options = command.getCommandSpec().optionsMap().keySet();
      return "unknown option '" + text + "'" + didYouMean(text.replaceFirst("=.*", ""), options);
    }
    Collection<String> commands = command.getSubcommands().keySet();
    return (commands.isEmpty() ? "unexpected argument '" : "unknown command '")
        + text
        + "'"
        + didYouMean(text, commands);
  }

  private static String didYouMean(String text, Collection<String> known) {
    List<String> near = near(text, known);
    return near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
  }

  /// {@return the names that a slip or two turn into the text, or none}
  private static List<String> near(String text, Collection<String> known) {
    int least = known.stream().mapToInt(name -> edits(text, name)).min().orElse(Integer.MAX_VALUE);
    return least > MOST_EDITS || least > text.length() / 3
        ? List.of()
        : known.stream().filter(name -> edits(text, name) == least).sorted().toList();
  }

  /// {@return how many characters must be inserted, removed, replaced or swapped with the next one
  /// to make one text of the other}
  static int edits(String from, String to) {
    int[][] edits = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        edits[i][j] = i == 0 || j == 0 ? i + j : edits(edits, from, to, i, j);
      }
    }
    return edits[from.length()][to.length()];
  }

  private static int edits(int[][] edits, String from, String to, int i, int j) {
    boolean same = from.charAt(i - 1) == to.charAt(j - 1);
    int least = Math.min(edits[i - 1][j], edits[i][j - 1]) + 1;
    least = Math.min(least, edits[i - 1][j - 1] + (same ? 0 : 1));
    boolean swapped =
        i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1);
    return swapped ? Math.min(least, edits[i - 2][j - 2] + 1) : least;
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
