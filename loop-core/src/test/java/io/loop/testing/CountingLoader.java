package io.loop.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.Collection;
import java.util.Set;

/// Loads the classes of this project once more, in a form that counts the work it does.
///
/// Work is a line of code that is executed, and an element of a list or deque that the JDK may look
/// at to find another one.
public final class CountingLoader extends ClassLoader {

  /*
   * A call is inserted at the start of each line. The counter itself is loaded by the parent, so that
   * the test reads what the counting classes write. One thread at a time runs the code that is counted,
   * and each hands over to the next in order: no atomic is needed.
   *
   * The JDK's own lines are not counted. Its searches in lists are, as the time they take is what makes
   * a program slow among many; sets and maps find theirs by its hash.
   */

  private static final String PROJECT = "io.loop.";
  private static final ClassDesc HERE = CountingLoader.class.describeConstable().orElseThrow();
  private static final MethodTypeDesc LINE = MethodTypeDesc.of(ConstantDescs.CD_void);
  private static final MethodTypeDesc SEARCH =
      MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object, ConstantDescs.CD_Object);
  private static final Set<String> SEARCHES =
      Set.of(
          "contains(Ljava/lang/Object;)Z",
          "indexOf(Ljava/lang/Object;)I",
          "remove(Ljava/lang/Object;)Z",
          "removeFirstOccurrence(Ljava/lang/Object;)Z");

  private static long work;

  /// Makes a loader that gets everything else from the one that has loaded the tests.
  public CountingLoader() {
    super(CountingLoader.class.getClassLoader());
  }

  /// {@return the work done so far by all classes that were loaded this way}
  public static long work() {
    return work;
  }

  /// Called by the counting classes.
  public static void line() {
    work++;
  }

  /// Called by the counting classes.
  public static void search(Object searched, Object sought) {
    if (searched instanceof Collection<?> many && !(searched instanceof Set)) {
      work += many.size();
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(PROJECT) || name.equals(CountingLoader.class.getName())) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : define(name);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] counting = transform(in.readAllBytes());
      return defineClass(name, counting, 0, counting.length);
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  private static byte[] transform(byte[] bytes) {
    ClassFile format = ClassFile.of();
    return format.transformClass(
        format.parse(bytes), ClassTransform.transformingMethodBodies(CountingLoader::count));
  }

  private static void count(CodeBuilder code, CodeElement element) {
    if (element instanceof InvokeInstruction call && isSearch(call)) {
      code.dup2().invokestatic(HERE, "search", SEARCH);
    }
    code.with(element);
    if (element instanceof LineNumber) {
      code.invokestatic(HERE, "line", LINE);
    }
  }

  private static boolean isSearch(InvokeInstruction call) {
    return call.owner().asInternalName().startsWith("java/util/")
        && SEARCHES.contains(call.name().stringValue() + call.type().stringValue());
  }
}
