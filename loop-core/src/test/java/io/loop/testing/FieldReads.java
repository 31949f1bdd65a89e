package io.loop.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.reflect.AccessFlag;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Finds methods that read a reference more than once although another thread may write it.
///
/// Such a method may check one object and use another one, or null.
public final class FieldReads {

  private FieldReads() {}

  /// {@return the methods that read a volatile reference several times, as `Type.method field`}
  ///
  /// @param ofModule any class of the module
  /// @param plain other fields that several threads use, as `Type.field`
  public static Set<String> repeated(Class<?> ofModule, Set<String> plain) {
    List<ClassModel> types = typesBeside(ofModule);
    Set<String> shared = fields(types, AccessFlag.VOLATILE, true);
    shared.addAll(plain);
    return repeated(types, shared, Set.of());
  }

  /// {@return the methods with certain names that read a reference several times} For methods that
  /// any thread may call, such as `toString`.
  ///
  /// @param ofModule any class of the module
  /// @param names the names of the methods
  public static Set<String> repeatedIn(Class<?> ofModule, Set<String> names) {
    List<ClassModel> types = typesBeside(ofModule);
    return repeated(types, fields(types, AccessFlag.FINAL, false), names);
  }

  private static Set<String> repeated(
      List<ClassModel> types, Set<String> fields, Set<String> names) {
    Set<String> found = new TreeSet<>();
    for (ClassModel type : types) {
      for (MethodModel method : type.methods()) {
        String name = method.methodName().stringValue();
        if (names.isEmpty() || names.contains(name)) {
          reads(method)
              .forEach((field, count) -> {
                if (count > 1 && fields.contains(field)) {
                  found.add(nameOf(type) + "." + name + " " + field);
                }
              });
        }
      }
    }
    return found;
  }

  private static Set<String> fields(List<ClassModel> types, AccessFlag flag, boolean set) {
    return types.stream()
        .flatMap(type ->
            type.fields().stream()
                .filter(field -> field.flags().has(flag) == set)
                .filter(field -> !field.fieldTypeSymbol().isPrimitive())
                .map(field -> nameOf(type) + "." + field.fieldName().stringValue()))
        .collect(Collectors.toCollection(HashSet::new));
  }

  private static Map<String, Long> reads(MethodModel method) {
    return method.code().stream()
        .flatMap(code -> code.elementStream())
        .filter(FieldInstruction.class::isInstance)
        .map(FieldInstruction.class::cast)
        .filter(read -> read.opcode() == Opcode.GETFIELD || read.opcode() == Opcode.GETSTATIC)
        .collect(
            Collectors.groupingBy(
                read -> simple(read.owner().asInternalName()) + "." + read.name().stringValue(),
                Collectors.counting()));
  }

  private static String nameOf(ClassModel type) {
    return simple(type.thisClass().asInternalName());
  }

  private static String simple(String internalName) {
    return internalName.substring(internalName.lastIndexOf('/') + 1).replace('$', '.');
  }

  private static List<ClassModel> typesBeside(Class<?> member) {
    try (Stream<Path> files =
        Files.walk(Path.of(member.getProtectionDomain().getCodeSource().getLocation().toURI()))) {
      return files
          .filter(file -> file.toString().endsWith(".class"))
          .filter(file -> !file.endsWith("module-info.class"))
          .map(FieldReads::parse)
          .toList();
    } catch (IOException | URISyntaxException fault) {
      throw new IllegalStateException(fault);
    }
  }

  private static ClassModel parse(Path file) {
    try {
      return ClassFile.of().parse(file);
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }
}
