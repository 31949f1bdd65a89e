package io.loop.conformance;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads JSON: objects become [Node]s, arrays lists, and numbers longs; the numbers that no
/// scenario computes with, because they are not whole or too long, become big decimals.
final class Json {

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /// Reads one value, which must be all there is.
  static @Nullable Object parse(String text) {
    var json = new Json(text);
    Object value = json.value();
    json.skipBlanks();
    if (json.at < text.length()) {
      throw json.unexpected();
    }
    return value;
  }

  private @Nullable Object value() {
    skipBlanks();
    if (at == text.length()) {
      throw new IllegalArgumentException("the text ends where a value should be");
    }
    return switch (text.charAt(at)) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Node object() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    at++;
    while (!takes('}')) {
      skipBlanks();
      String name = string();
      require(':');
      fields.put(name, value());
      if (!takes(',')) {
        require('}');
        break;
      }
    }
    return new Node(fields);
  }

  private List<@Nullable Object> array() {
    List<@Nullable Object> items = new ArrayList<>();
    at++;
    while (!takes(']')) {
      items.add(value());
      if (!takes(',')) {
        require(']');
        break;
      }
    }
    return items;
  }

  private String string() {
    require('"');
    var result = new StringBuilder();
    for (char c = next(); c != '"'; c = next()) {
      result.append(c == '\\' ? escaped(next()) : c);
    }
    return result.toString();
  }

  private char escaped(char code) {
    return switch (code) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'u' -> {
        at += 4;
        yield (char) Integer.parseInt(text.substring(at - 4, at), 16);
      }
      default -> code;
    };
  }

  private Number number() {
    int start = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    if (start == at) {
      throw unexpected();
    }
    var number = new BigDecimal(text.substring(start, at));
    return number.scale() <= 0 && number.toBigInteger().bitLength() < Long.SIZE
        ? number.longValueExact()
        : number;
  }

  private @Nullable Object word(String word, @Nullable Object value) {
    if (!text.startsWith(word, at)) {
      throw unexpected();
    }
    at += word.length();
    return value;
  }

  private void require(char expected) {
    if (!takes(expected)) {
      throw unexpected();
    }
  }

  private boolean takes(char wanted) {
    skipBlanks();
    if (at < text.length() && text.charAt(at) == wanted) {
      at++;
      return true;
    }
    return false;
  }

  private char next() {
    if (at == text.length()) {
      throw unexpected();
    }
    return text.charAt(at++);
  }

  private void skipBlanks() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private IllegalArgumentException unexpected() {
    String found = at < text.length() ? "'" + text.charAt(at) + "'" : "the end";
    return new IllegalArgumentException("not JSON: " + found + " at character " + at);
  }
}
