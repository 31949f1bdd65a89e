package io.loop.samples;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A program for [Supervisor] to run.
///
/// @param name the prefix of its output
/// @param words the program and its arguments
record SupervisorCommand(String name, List<String> words) {

  private static final Pattern ARGUMENT = Pattern.compile("([\\w.-]{1,32})=(.+)");
  private static final Pattern LINE = Pattern.compile("([\\w.-]{1,32})\\s*:\\s*(.+)");

  SupervisorCommand {
    words = List.copyOf(words);
  }

  /// {@return the program of an argument: `web=python3 -m http.server`}
  ///
  /// @throws IllegalArgumentException if it is malformed
  static SupervisorCommand ofArgument(String text) {
    return of(ARGUMENT.matcher(text), "NAME=COMMAND", text);
  }

  /// {@return the programs of a Procfile, whose lines are like `web: python3 -m http.server`} Empty
  /// lines and those that start with # are skipped.
  ///
  /// @throws IllegalArgumentException if a line is malformed
  static List<SupervisorCommand> ofLines(List<String> lines) {
    return lines.stream()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .map(line -> of(LINE.matcher(line), "NAME: COMMAND", line))
        .toList();
  }

  private static SupervisorCommand of(Matcher parts, String form, String text) {
    if (!parts.matches() || parts.group(2).isBlank()) {
      throw new IllegalArgumentException(
          "expected "
              + form
              + ", with a name of letters, digits, dots, - and _, not '"
              + text
              + "'");
    }
    return new SupervisorCommand(parts.group(1), words(parts.group(2)));
  }

  /// Splits a command as a shell does. Quotes and backslashes have their usual meaning; everything
  /// else that a shell offers takes a shell: `job=sh -c 'a && b'`.
  private static List<String> words(String command) {
    List<String> words = new ArrayList<>();
    var word = new StringBuilder();
    boolean inWord = false;
    char quote = 0;
    for (int i = 0; i < command.length(); i++) {
      char c = command.charAt(i);
      boolean isEscape = c == '\\' && quote != '\'' && i + 1 < command.length();
      if (isEscape) {
        word.append(command.charAt(++i));
        inWord = true;
      } else if (c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
        inWord = true;
      } else if (quote != 0 || !Character.isWhitespace(c)) {
        word.append(c);
        inWord = true;
      } else if (inWord) {
        words.add(word.toString());
        word.setLength(0);
        inWord = false;
      }
    }
    if (quote != 0) {
      throw new IllegalArgumentException("a " + quote + " is not closed in '" + command + "'");
    }
    if (inWord) {
      words.add(word.toString());
    }
    return words;
  }
}
