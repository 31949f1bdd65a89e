import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Gives the classes of a jar that are in the format of Java 5 or older the format of Java 21. The
/// build runs it on samples.jar, where all of picocli is in the format of Java 5.
///
/// The JVM puts no class of that format into an AOT cache, because it has no stack maps. Here they
/// get them; their code stays as it is.
final class UpdateClasses {

  private static final int FIRST_WITH_STACK_MAPS = ClassFile.JAVA_6_VERSION;
  private static final int MAJOR = 6; // index of the low byte of the version

  private final ClassFile format;

  private UpdateClasses(ClassLoader types) {
    this.format =
        ClassFile.of(
            ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
            ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(types)
                    .orElse(ClassHierarchyResolver.defaultResolver())));
  }

  public static void main(String... arguments) throws IOException {
    Path jar = Path.of(arguments[0]);
    Path updated = jar.resolveSibling(jar.getFileName() + ".updated");
    URI address = jar.toUri();
    try (var types = new URLClassLoader(new URL[] {address.toURL()});
        var from = new ZipFile(jar.toFile());
        OutputStream file = Files.newOutputStream(updated);
        var to = new ZipOutputStream(file)) {
      new UpdateClasses(types).copy(from, to);
    }
    Files.move(updated, jar, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private void copy(ZipFile from, ZipOutputStream to) throws IOException {
    for (ZipEntry entry : Collections.list(from.entries())) {
      byte[] bytes = from.getInputStream(entry).readAllBytes();
      boolean isOld = entry.getName().endsWith(".class") && version(bytes) < FIRST_WITH_STACK_MAPS;
      var copy = new ZipEntry(entry.getName());
      copy.setTimeLocal(entry.getTimeLocal());
      to.putNextEntry(copy);
      to.write(isOld ? update(entry.getName(), bytes) : bytes);
      to.closeEntry();
    }
  }

  private static int version(byte[] bytes) {
    return Byte.toUnsignedInt(bytes[MAJOR]) << 8 | Byte.toUnsignedInt(bytes[MAJOR + 1]);
  }

  private byte[] update(String name, byte[] bytes) throws IOException {
    byte[] updated =
        format.transformClass(
            format.parse(bytes),
            ClassTransform.transformingMethodBodies((code, element) -> code.with(element))
                .andThen(
                    ClassTransform.endHandler(
                        type -> type.withVersion(ClassFile.JAVA_21_VERSION, 0))));
    var faults = format.verify(updated);
    if (!faults.isEmpty()) {
      throw new IOException(name + " cannot be updated: " + faults.getFirst(), faults.getFirst());
    }
    return updated;
  }
}
