package io.loop.testing;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Finds the public methods of the types that a module exports, and calls them on a thread that is
/// not the loop's.
public final class ForeignCalls {

  private ForeignCalls() {}

  /// {@return the names, as `Type.method`, of all public methods that a program can call on an
  /// object of a public class of an exported package}
  ///
  /// Records, enums, exceptions and interfaces hold no state of a loop, and are left out. So are
  /// static methods, which have no object that could belong to a loop.
  ///
  /// @param anchor a class of the module
  public static Set<String> methodsOf(Class<?> anchor) {
    var names = new TreeSet<String>();
    for (Class<?> type : types(anchor)) {
      for (Method method : methods(type)) {
        names.add(nameOf(type, method));
      }
    }
    return names;
  }

  private static List<Class<?>> types(Class<?> anchor) {
    Path root = Path.of(anchor.getProtectionDomain().getCodeSource().getLocation().getPath());
    try (Stream<Path> files = Files.walk(root)) {
      Set<String> exported = exportedPackages(root);
      return files
          .map(file -> root.relativize(file).toString())
          .filter(name -> name.endsWith(".class") && !name.endsWith("-info.class"))
          .map(name -> name.replace(File.separatorChar, '.').replaceAll("\\.class$", ""))
          .<Class<?>>map(name -> load(anchor, name))
          .filter(type -> exported.contains(type.getPackageName()))
          .filter(ForeignCalls::isOfALoop)
          .toList();
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  private static Set<String> exportedPackages(Path root) throws IOException {
    try (InputStream descriptor = Files.newInputStream(root.resolve("module-info.class"))) {
      return ModuleDescriptor.read(descriptor).exports().stream()
          .map(ModuleDescriptor.Exports::source)
          .collect(Collectors.toSet());
    }
  }

  private static Class<?> load(Class<?> anchor, String name) {
    try {
      return Class.forName(name, false, anchor.getClassLoader());
    } catch (ClassNotFoundException fault) {
      throw new IllegalStateException(fault);
    }
  }

  private static boolean isOfALoop(Class<?> type) {
    return Modifier.isPublic(type.getModifiers())
        && !type.isInterface()
        && !type.isRecord()
        && !type.isEnum()
        && !Throwable.class.isAssignableFrom(type);
  }

  private static List<Method> methods(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isBridge())
        .filter(method -> !method.getName().equals("toString"))
        .toList();
  }

  private static String nameOf(Class<?> type, Method method) {
    return type.getSimpleName() + "." + method.getName();
  }

  /// Calls all methods of some objects, but those that are for any thread, on a thread without a
  /// loop.
  ///
  /// @param objects the objects, by the type whose methods are called
  /// @param forAnyThread the names of methods to leave out
  /// @return a line for each call that was not refused in the right words; and what was called
  public static Result callAll(Map<Class<?>, Object> objects, Set<String> forAnyThread) {
    var faults = new ArrayList<String>();
    var called = new TreeSet<String>();
    objects.forEach((type, object) -> {
      for (Method method : methods(type)) {
        String name = nameOf(type, method);
        if (!forAnyThread.contains(name)) {
          called.add(name);
          String before = object.toString();
          Throwable thrown = elsewhere(method, object);
          String after = object.toString();
          if (!isRefusal(thrown, name)) {
            faults.add(method + " was not refused: " + thrown);
          } else if (!after.equals(before)) {
            faults.add(method + " changed " + before + " to " + after);
          }
        }
      }
    });
    return new Result(faults, called);
  }

  /// What came of the calls.
  ///
  /// @param faults a line for each call that went wrong
  /// @param called the names of what was called
  public record Result(List<String> faults, Set<String> called) {}

  private static boolean isRefusal(@Nullable Throwable thrown, String name) {
    return thrown instanceof IllegalStateException
        && thrown.getMessage().startsWith(name + "() was called on thread \"elsewhere\"")
        && thrown.getMessage().contains("loop.callSoonThreadsafe(");
  }

  private static @Nullable Throwable elsewhere(Method method, Object object) {
    var thrown = new AtomicReference<@Nullable Throwable>();
    Object[] arguments =
        Arrays.stream(method.getParameterTypes()).map(ForeignCalls::anyOf).toArray();
    Thread thread =
        Thread.ofPlatform()
            .name("elsewhere")
            .start(() -> {
              try {
                method.invoke(object, arguments);
              } catch (InvocationTargetException fault) {
                thrown.set(fault.getCause());
              } catch (IllegalAccessException fault) {
                thrown.set(fault);
              }
            });
    try {
      if (!thread.join(Duration.ofSeconds(30))) {
        thread.interrupt();
        return new IllegalStateException(method + " waits");
      }
    } catch (InterruptedException fault) {
      throw new IllegalStateException(fault);
    }
    return thrown.get();
  }

  private static @Nullable Object anyOf(Class<?> type) {
    if (type == int.class) {
      return 1;
    }
    if (type == long.class) {
      return 1L;
    }
    if (type == boolean.class) {
      return true;
    }
    if (type == String.class || type == Object.class) {
      return "any";
    }
    if (type == Duration.class) {
      return Duration.ofSeconds(1);
    }
    if (type == Class.class) {
      return Exception.class;
    }
    if (type == byte[][].class) {
      return new byte[][] {{1}};
    }
    if (type.isArray()) {
      return Array.newInstance(type.getComponentType(), 1);
    }
    if (type.isInterface()) {
      return Proxy.newProxyInstance(
          type.getClassLoader() == null
              ? ForeignCalls.class.getClassLoader()
              : type.getClassLoader(),
          new Class<?>[] {type},
          (_, called, _) -> {
            throw new UnsupportedOperationException(called + " is not to be called");
          });
    }
    return null;
  }
}
