package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/// Files that are not there, or not what they should be.
class FileFaultsTest {

  @TempDir private Path directory;

  private static String errorsOf(String... arguments) {
    var err = new StringWriter();
    CommandLine commandLine = Samples.commandLine(arguments).setErr(new PrintWriter(err));
    assertThat(commandLine.execute(arguments)).isEqualTo(1);
    return err.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dns --zone FILE|dns: cannot read the zone file FILE",
        "http --root FILE|http: cannot serve the directory FILE",
        "fetch --input FILE|fetch: cannot read FILE",
        "fetch --ca FILE http://127.0.0.1:1|fetch: cannot read the certificates FILE",
        "supervisor --file FILE|supervisor: cannot read FILE",
        "tls-echo --certificate FILE --key FILE|tls-echo: cannot read the certificate FILE",
      })
  void fileThatIsNotThere_isNamedWithTheReason(String arguments, String message) {
    String file = directory.resolve("nothing").toString();

    String errors = errorsOf(arguments.replace("FILE", file).split(" ", -1));

    assertThat(errors)
        .isEqualToIgnoringNewLines(
            "loop " + message.replace("FILE", file) + ": no such file or directory");
  }

  @Test
  void file_inPlaceOfADirectory_isSaid() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));

    assertThat(errorsOf("http", "--root", file.toString()))
        .contains("cannot serve the directory " + file + ": it is not a directory");
    assertThat(errorsOf("fetch", "--output", file.toString(), "http://127.0.0.1:1"))
        .contains("cannot create the directory " + file + ": a file with this name exists already")
        .hasLineCount(1);
    assertThat(errorsOf("smtp", "--port", "0", "--dir", file.toString()))
        .contains("cannot create the directory " + file + ": a file with this name exists already")
        .hasLineCount(1);
  }

  @Test
  void zone_thatIsNotText_isSaid() throws IOException {
    Path zone = Files.write(directory.resolve("zone"), new byte[] {(byte) 0xff});

    assertThat(errorsOf("dns", "--zone", zone.toString()))
        .contains("cannot read the zone file " + zone + ": it is not text in UTF-8");
  }

  @Test
  void directory_inPlaceOfAFile_isRefused() {
    assertThatThrownBy(() -> FileFaults.requireReadable("read the key", directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot read the key " + directory + ": ");
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new NoSuchFileException("f"), "f: no such file or directory"),
        Arguments.of(new NotDirectoryException("f"), "f: it is not a directory"),
        Arguments.of(new AccessDeniedException("f"), "f: permission denied"),
        Arguments.of(
            new FileAlreadyExistsException("f"), "f: a file with this name exists already"),
        Arguments.of(new DirectoryNotEmptyException("f"), "f: the directory is not empty"),
        Arguments.of(new FileSystemException("f", null, "No space left"), "f: No space left"),
        Arguments.of(new IOException("lost"), "lost"),
        Arguments.of(new IOException(), "IOException"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void describe_everyFailure_hasItsReason(IOException fault, String description) {
    assertThat(FileFaults.describe(fault)).isEqualTo(description);
  }
}
