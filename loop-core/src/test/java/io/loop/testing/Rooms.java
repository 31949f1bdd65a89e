package io.loop.testing;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// The packages of a module: how large they are, which others each uses, and what they show.
///
/// A package is named without the name of the root package, which is `.`.
public final class Rooms {

  private final JavaClasses classes;
  private final String root;

  /// @param classes the classes of the module
  /// @param root the name of the package that contains all others
  public Rooms(JavaClasses classes, String root) {
    this.classes = classes;
    this.root = root;
  }

  private String room(JavaClass type) {
    return room(type.getPackageName());
  }

  private String room(String packageName) {
    return packageName.equals(root) ? "." : packageName.substring(root.length() + 1);
  }

  /// {@return the other packages that each package uses}
  public Map<String, Set<String>> uses() {
    Map<String, Set<String>> used = new TreeMap<>();
    for (JavaClass type : classes) {
      if (!isModule(type)) {
        Set<String> others = used.computeIfAbsent(room(type), _ -> new TreeSet<>());
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          JavaClass target = dependency.getTargetClass().getBaseComponentType();
          if (classes.contain(target.getName()) && !room(target).equals(room(type))) {
            others.add(room(target));
          }
        }
      }
    }
    return used;
  }

  private static boolean isModule(JavaClass type) {
    return type.getSimpleName().equals("module-info");
  }

  /// {@return the number of top-level types in each package}
  public Map<String, Long> sizes() {
    return classes.stream()
        .filter(type -> !type.getName().contains("$") && !type.getSimpleName().isEmpty())
        .filter(type -> !isModule(type))
        .collect(Collectors.groupingBy(this::room, Collectors.counting()));
  }

  /// {@return the packages that the module exports to everybody}
  public Set<String> exported() {
    return descriptor().exports().stream()
        .filter(export -> !export.isQualified())
        .map(export -> room(export.source()))
        .collect(Collectors.toSet());
  }

  private ModuleDescriptor descriptor() {
    JavaClass any = classes.iterator().next();
    Path directory = Path.of(any.getSource().orElseThrow().getUri());
    while (!Files.exists(directory.resolve("module-info.class"))) {
      directory = directory.getParent();
    }
    try (InputStream descriptor = Files.newInputStream(directory.resolve("module-info.class"))) {
      return ModuleDescriptor.read(descriptor);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /// {@return where public types of exported packages show types that programs cannot name}
  public Set<String> hiddenTypesShown() {
    Set<String> exported = exported();
    Set<String> shown = new TreeSet<>();
    for (JavaClass type : classes) {
      if (exported.contains(room(type)) && isPublic(type)) {
        type.getMembers().stream()
            .filter(member -> isVisible(member.getModifiers()))
            .flatMap(member -> member.getAllInvolvedRawTypes().stream())
            .map(JavaClass::getBaseComponentType)
            .filter(each -> classes.contain(each.getName()))
            .filter(each -> !exported.contains(room(each)) || !isPublic(each))
            .forEach(each -> shown.add(type.getName() + " shows " + each.getName()));
      }
    }
    return shown;
  }

  private static boolean isPublic(JavaClass type) {
    return isVisible(type.getModifiers())
        && type.getEnclosingClass().map(Rooms::isPublic).orElse(true);
  }

  private static boolean isVisible(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }
}
