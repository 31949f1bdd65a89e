package io.loop.samples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loop.samples.DnsAnswer.Question;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The names of a zone file: the usual part of RFC 1035's master format.
///
/// ```
/// $ORIGIN example.org.
/// $TTL 1h
/// @        NS     ns            ; names without a dot at the end are relative to $ORIGIN
/// ns       A      192.0.2.1
///          AAAA   2001:db8::1   ; the name is that of the line before
/// www 300  CNAME  ns
/// @        MX     10 mail.example.net.
/// @        TXT    "v=spf1 -all" "a second string"
/// ```
///
/// The first `$ORIGIN` names the zone, which this server answers for: a name in it that the file
/// does not have does not exist. SOA, wildcards, delegations and parentheses are not understood.
final class DnsZone {

  private static final Pattern WORD =
      Pattern.compile("\\s*(?:\"((?:[^\"\\\\]|\\\\[\"\\\\])*)\"|([^\\s;\"()]+)|(;.*))");
  private static final Pattern NAME =
      Pattern.compile("\\.|([\\p{Graph}&&[^.\\\\]]{1,63}\\.)+"); // labels of ASCII
  private static final Pattern TIME = Pattern.compile("(\\d{1,9})([smhdw]?)");
  private static final int LONGEST_TEXT = 255;
  private static final int MOST_ALIASES = 8;
  private static final long DAY = 86_400;

  private final Map<String, List<DnsEntry>> entries = new HashMap<>();
  private final Set<String> parents = new HashSet<>(); // names that have names below them
  private @Nullable String apex;

  // while the file is read
  private @Nullable String origin;
  private @Nullable String owner;
  private long timeToLive = DAY;

  private DnsZone() {}

  /// {@return a zone that no name is in}
  static DnsZone none() {
    return new DnsZone();
  }

  /// Reads a zone file. Blocks.
  ///
  /// @throws IOException if it cannot be read, or a line is not understood; the message names it
  static DnsZone read(Path file) throws IOException {
    var zone = new DnsZone();
    List<String> lines = readLines(file);
    for (int number = 1; number <= lines.size(); number++) {
      try {
        zone.readLine(lines.get(number - 1));
      } catch (IllegalArgumentException wrong) {
        throw new IOException(file + ":" + number + ": " + wrong.getMessage(), wrong);
      }
    }
    return zone;
  }

  private static List<String> readLines(Path file) throws IOException {
    try {
      return Files.readAllLines(file, UTF_8);
    } catch (IOException unreadable) {
      throw FileFaults.cannot("read the zone file", file, unreadable);
    }
  }

  private void readLine(String line) {
    List<String> words = words(line);
    if (words.isEmpty()) {
      return;
    }
    switch (words.getFirst()) {
      case "$ORIGIN" -> {
        origin = absolute(only(words.subList(1, words.size())));
        apex = apex == null ? origin.toLowerCase(Locale.ROOT) : apex;
      }
      case "$TTL" -> timeToLive = seconds(only(words.subList(1, words.size())));
      default -> {
        if (!Character.isWhitespace(line.charAt(0))) {
          owner = absolute(words.removeFirst());
        }
        readEntry(words);
      }
    }
  }

  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(line.stripTrailing());
    for (int end = 0; end < line.stripTrailing().length(); end = word.end()) {
      if (!word.find(end) || word.start() != end) {
        throw new IllegalArgumentException("not understood: " + line.substring(end).strip());
      }
      if (word.group(1) != null) {
        words.add(word.group(1).replaceAll("\\\\(.)", "$1"));
      } else if (word.group(2) != null) {
        words.add(word.group(2));
      }
    }
    return words;
  }

  /// Reads an entry without its name: `[time to live] [IN] TYPE data`.
  private void readEntry(List<String> words) {
    if (owner == null) {
      throw new IllegalArgumentException("the first entry has no name");
    }
    long time = timeToLive;
    while (words.size() > 1) {
      String word = words.getFirst();
      if (TIME.matcher(word).matches()) {
        time = seconds(word);
      } else if (!word.equalsIgnoreCase("IN")) {
        break;
      }
      words.removeFirst();
    }
    if (words.size() < 2) {
      throw new IllegalArgumentException("an entry needs a type and data");
    }
    String type = words.removeFirst().toUpperCase(Locale.ROOT);
    byte[] data =
        switch (type) {
          case "A" -> address(only(words), 4);
          case "AAAA" -> address(only(words), 16);
          case "CNAME", "NS" -> DnsEntry.wire(absolute(only(words)));
          case "MX" -> mailServer(words);
          case "TXT" -> text(words);
          default -> throw new IllegalArgumentException("unknown type " + type);
        };
    add(new DnsEntry(owner, DnsRecordType.valueOf(type), time, data));
  }

  private void add(DnsEntry entry) {
    String name = entry.name().toLowerCase(Locale.ROOT);
    if (!contains(name)) {
      throw new IllegalArgumentException(name + " is not in the zone " + apex);
    }
    List<DnsEntry> others = entries.computeIfAbsent(name, _ -> new ArrayList<>());
    boolean alias = entry.type().equals(DnsRecordType.CNAME);
    if (!others.isEmpty() && (alias || isAlias(others))) {
      throw new IllegalArgumentException(name + " has a CNAME, so it can have nothing else");
    }
    others.add(entry);
    for (String above = above(name); contains(above) && parents.add(above); ) {
      above = above(above);
    }
  }

  private static boolean isAlias(List<DnsEntry> entries) {
    return entries.getFirst().type().equals(DnsRecordType.CNAME);
  }

  private static String above(String name) {
    String above = name.substring(name.indexOf('.') + 1);
    return above.isEmpty() ? "." : above;
  }

  private String absolute(String name) {
    if (!name.endsWith(".") && origin == null) {
      throw new IllegalArgumentException("$ORIGIN must come before the relative name " + name);
    }
    String absolute =
        name.equals("@")
            ? origin
            : name.endsWith(".") ? name : name + (".".equals(origin) ? "." : "." + origin);
    if (absolute == null || !NAME.matcher(absolute).matches() || !DnsEntry.isName(absolute)) {
      throw new IllegalArgumentException("not a name: " + name);
    }
    return absolute;
  }

  private static String only(List<String> words) {
    if (words.size() != 1) {
      throw new IllegalArgumentException("expected one word, found " + words);
    }
    return words.getFirst();
  }

  private static long seconds(String time) {
    Matcher parts = TIME.matcher(time);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not a time: " + time);
    }
    long unit =
        switch (parts.group(2)) {
          case "m" -> 60;
          case "h" -> 3_600;
          case "d" -> DAY;
          case "w" -> 7 * DAY;
          default -> 1;
        };
    return Math.min(Long.parseLong(parts.group(1)) * unit, Integer.MAX_VALUE);
  }

  private static byte[] address(String text, int bytes) {
    byte[] address = NetUtil.createByteArrayFromIpAddressString(text);
    if (address == null || address.length != bytes || text.contains("%")) {
      throw new IllegalArgumentException("not an address of this type: " + text);
    }
    return address;
  }

  private byte[] mailServer(List<String> words) {
    if (words.size() != 2 || !words.getFirst().matches("\\d{1,5}")) {
      throw new IllegalArgumentException("expected a preference and a name, found " + words);
    }
    int preference = Integer.parseInt(words.getFirst());
    if (preference > 0xffff) {
      throw new IllegalArgumentException("too large: " + preference);
    }
    ByteBuf data = Unpooled.buffer().writeShort(preference);
    return ByteBufUtil.getBytes(data.writeBytes(DnsEntry.wire(absolute(words.getLast()))));
  }

  private static byte[] text(List<String> strings) {
    ByteBuf data = Unpooled.buffer();
    for (String string : strings) {
      byte[] bytes = string.getBytes(UTF_8);
      if (bytes.length > LONGEST_TEXT) {
        throw new IllegalArgumentException("a string has more than " + LONGEST_TEXT + " bytes");
      }
      data.writeByte(bytes.length).writeBytes(bytes);
    }
    return ByteBufUtil.getBytes(data);
  }

  /// {@return whether this server answers for a name}
  ///
  /// @param name in lower case
  boolean contains(String name) {
    return apex != null && (apex.equals(".") || name.equals(apex) || name.endsWith("." + apex));
  }

  /// {@return the answer to a question about a name in this zone} It ends with an alias if that
  /// leads out of the zone.
  DnsAnswer answer(Question question) {
    DnsAnswer answer = answerOne(question);
    Question next = question;
    for (int i = 0; i < MOST_ALIASES; i++) {
      next = next(next, answer);
      if (next == null || !contains(next.name())) {
        return answer;
      }
      answer = answer.followedBy(answerOne(next));
    }
    return DnsAnswer.failure(DnsResponseCode.SERVFAIL); // a circle of aliases
  }

  /// {@return the question that an answer leaves open because it ends with an alias; or null}
  static @Nullable Question next(Question question, DnsAnswer answer) {
    if (answer.answers().isEmpty() || question.type().equals(DnsRecordType.CNAME)) {
      return null;
    }
    DnsEntry last = answer.answers().getLast();
    return last.type().equals(DnsRecordType.CNAME)
        ? new Question(last.target(), question.type())
        : null;
  }

  private DnsAnswer answerOne(Question question) {
    List<DnsEntry> found = entries.getOrDefault(question.name(), List.of());
    boolean exists = !found.isEmpty() || parents.contains(question.name());
    List<DnsEntry> matching =
        found.stream()
            .filter(entry -> entry.type().equals(question.type()) || isAlias(found))
            .toList();
    return new DnsAnswer(
        exists ? DnsResponseCode.NOERROR : DnsResponseCode.NXDOMAIN,
        DnsAnswer.Kind.ZONE,
        matching,
        List.of());
  }
}
