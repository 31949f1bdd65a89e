package io.loop.watchdog;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads what the JDK's thread dumps in JSON say about locks.
final class ThreadDump {

  /*
   * The parts of the schema that matter:
   *
   *   "threads": [ { "tid": "33", "name": …,
   *                  "blockedOn": …, "waitingOn": …, "parkBlocker": { "object": … },
   *                  "stack": [ … ],
   *                  "monitorsOwned": [ { "depth": …, "locks": [ … ] } ] } ]
   *
   * A lock is named by its class and identity hash code. A thread in Object.wait is listed as the
   * owner of the monitor that it has released, so that one does not count.
   *
   * The file is read once, a thread at a time. The name before an object or array says what it
   * belongs to. `next` is the next character, -1 at the end.
   */

  /// The entry of one thread in a dump.
  ///
  /// @param threadId its id
  /// @param threadName its name
  /// @param blockedOn the monitor that it waits to enter; null if none
  /// @param waitingOn the object in whose `wait` it is; null if none
  /// @param parkedFor the object that it is parked for; null if it is not parked, or that is
  ///   unknown
  /// @param owned the monitors that it holds
  record Entry(
      long threadId,
      String threadName,
      @Nullable String blockedOn,
      @Nullable String waitingOn,
      @Nullable String parkedFor,
      List<String> owned) {}

  private static final int HEX = 16;
  private static final int UNICODE_DIGITS = 4;

  private final Reader in;
  private final List<Entry> found = new ArrayList<>();
  private final List<String> owned = new ArrayList<>();
  private int next;
  private long threadId;
  private String threadName = "";
  private @Nullable String blockedOn;
  private @Nullable String waitingOn;
  private @Nullable String parkedFor;

  private ThreadDump(Reader in) throws IOException {
    this.in = in;
    this.next = in.read();
  }

  /// {@return the entries of all threads in a dump}
  ///
  /// @throws IOException if the text cannot be read, or is not a dump
  static List<Entry> read(Reader in) throws IOException {
    var dump = new ThreadDump(in);
    dump.readValue("");
    dump.skipSpace();
    if (dump.next >= 0) {
      throw dump.unexpected();
    }
    return dump.found;
  }

  private void readValue(String name) throws IOException {
    skipSpace();
    switch (next) {
      case '{' -> readObject(name);
      case '[' -> readArray(name);
      case '"' -> note(name, readString());
      default -> skipLiteral();
    }
  }

  private void readObject(String name) throws IOException {
    boolean isThread = name.equals("threads");
    if (isThread) {
      beginThread();
    }
    take('{');
    while (!isAtEnd('}')) {
      String key = readString();
      take(':');
      readValue(key);
    }
    if (isThread) {
      endThread();
    }
  }

  private void readArray(String name) throws IOException {
    take('[');
    while (!isAtEnd(']')) {
      readValue(name);
    }
  }

  private void beginThread() {
    threadId = -1;
    threadName = "";
    blockedOn = null;
    waitingOn = null;
    parkedFor = null;
    owned.clear();
  }

  private void endThread() {
    owned.remove(waitingOn);
    owned.remove(blockedOn);
    found.add(new Entry(threadId, threadName, blockedOn, waitingOn, parkedFor, List.copyOf(owned)));
  }

  private void note(String name, String value) throws IOException {
    switch (name) {
      case "tid" -> threadId = parseId(value);
      case "name" -> threadName = value;
      case "blockedOn" -> blockedOn = value;
      case "waitingOn" -> waitingOn = value;
      case "object" -> parkedFor = value;
      case "locks" -> owned.add(value);
      default -> {
        // stacks, times and containers
      }
    }
  }

  private static long parseId(String text) throws IOException {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException fault) {
      throw new IOException("not the id of a thread: " + text, fault);
    }
  }

  /// {@return whether the object or array ends here; skips the end or the comma}
  private boolean isAtEnd(char end) throws IOException {
    skipSpace();
    if (next == ',') {
      advance();
      skipSpace();
    }
    if (next != end) {
      return false;
    }
    advance();
    return true;
  }

  private String readString() throws IOException {
    take('"');
    var text = new StringBuilder();
    while (next != '"') {
      int character = advance();
      text.append(character == '\\' ? readEscaped() : (char) character);
    }
    advance();
    return text.toString();
  }

  private char readEscaped() throws IOException {
    int character = advance();
    return switch (character) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int code = 0;
        for (int i = 0; i < UNICODE_DIGITS; i++) {
          code = code * HEX + Character.digit(advance(), HEX);
        }
        yield (char) code;
      }
      default -> (char) character;
    };
  }

  private void skipLiteral() throws IOException {
    if (!Character.isLetterOrDigit(next) && next != '-') {
      throw unexpected();
    }
    while (Character.isLetterOrDigit(next) || next == '-' || next == '+' || next == '.') {
      advance();
    }
  }

  private void skipSpace() throws IOException {
    while (Character.isWhitespace(next)) {
      advance();
    }
  }

  private void take(char expected) throws IOException {
    skipSpace();
    if (next != expected) {
      throw unexpected();
    }
    advance();
  }

  private int advance() throws IOException {
    int taken = next;
    if (taken < 0) {
      throw unexpected();
    }
    next = in.read();
    return taken;
  }

  private IOException unexpected() {
    return new IOException(
        next < 0
            ? "the thread dump ends early"
            : "the thread dump has an unexpected " + (char) next);
  }
}
