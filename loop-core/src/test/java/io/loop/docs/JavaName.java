package io.loop.docs;

import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A public name as a page writes it: `Type`, `Type.member`, `Type.method(Parameter)`, or `new
/// Type(Parameter)`.
///
/// @param isConstructor whether `new` stands before it
/// @param path the type, types nested in it, and at most one member
/// @param parameters the types of the parameters, erased; null if none are given
record JavaName(boolean isConstructor, List<String> path, @Nullable String parameters) {

  private static final Pattern SHAPE =
      Pattern.compile("(new )?([A-Z]\\w*(?:\\.\\w+)*)(?:\\(([^()]*)\\))?");

  /// {@return the name that a text is, or null if it is none}
  static @Nullable JavaName parse(String text) {
    Matcher parts = SHAPE.matcher(text);
    return parts.matches()
        ? new JavaName(
            parts.group(1) != null, List.of(parts.group(2).split("\\.", -1)), parts.group(3))
        : null;
  }

  /// {@return the outermost type}
  String type() {
    return path.getFirst();
  }

  /// {@return whether a package has it}
  boolean isIn(String packageName) {
    Class<?> type = load(packageName + "." + type());
    int depth = 1;
    while (type != null && depth < path.size() && nested(type, path.get(depth)) != null) {
      type = nested(type, path.get(depth));
      depth++;
    }
    if (type == null) {
      return false;
    }
    return switch (path.size() - depth) {
      case 0 -> isConstructor ? fits(type.getConstructors(), null) : parameters == null;
      case 1 -> !isConstructor && isMember(type, path.get(depth));
      default -> false;
    };
  }

  private static @Nullable Class<?> load(String name) {
    try {
      return Class.forName(name, false, JavaName.class.getClassLoader());
    } catch (ClassNotFoundException missing) {
      return null;
    }
  }

  private static @Nullable Class<?> nested(Class<?> type, String name) {
    return Arrays.stream(type.getClasses())
        .filter(inner -> inner.getSimpleName().equals(name))
        .findFirst()
        .orElse(null);
  }

  private boolean isMember(Class<?> type, String name) {
    Stream<String> fields = Arrays.stream(type.getFields()).map(Field::getName);
    return fits(type.getMethods(), name) || (parameters == null && fields.anyMatch(name::equals));
  }

  private boolean fits(Executable[] members, @Nullable String name) {
    return Arrays.stream(members)
        .filter(member -> name == null || member.getName().equals(name))
        .anyMatch(member -> parameters == null || signature(member).equals(parameters));
  }

  private static String signature(Executable member) {
    String all =
        Arrays.stream(member.getParameterTypes())
            .map(JavaName::shortName)
            .collect(Collectors.joining(", "));
    return member.isVarArgs() ? all.replaceAll("\\[]$", "...") : all;
  }

  private static String shortName(Class<?> type) {
    String name = Objects.requireNonNull(type.getCanonicalName());
    String prefix = type.getPackageName() + ".";
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }
}
