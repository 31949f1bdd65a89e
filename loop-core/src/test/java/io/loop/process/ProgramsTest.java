package io.loop.process;

import static io.loop.process.Subprocesses.createSubprocessExec;
import static io.loop.process.TestChildren.run;
import static io.loop.process.TestChildren.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Source: what `os.execvpe` and `subprocess` of Python do with the same.
@EnabledOnOs(OS.LINUX)
@Tag("slow")
final class ProgramsTest {

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    TestChildren.awaitNoneLeft();
  }

  private void program(String name, String says, String permissions) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\necho " + says + " \"$@\"\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private static SubprocessOptions options(boolean newSession, Map<String, String> env) {
    SubprocessOptions options = SubprocessOptions.PIPES.withEnv(env);
    return newSession ? options.withNewSession() : options;
  }

  private static String output(SubprocessOptions options, String program, String... args)
      throws IOException {
    return text(createSubprocessExec(options, program, args).communicate(null).stdout()).strip();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void program_isLookedUpInThePathOfTheEnvironment(boolean newSession) throws IOException {
    program("a/tool", "first", "rw-r--r--"); // cannot be run, and is passed over
    program("b/tool", "second", "rwxr-xr-x");
    program("c/tool", "third", "rwxr-xr-x");
    String path = folder + "/none:" + folder + "/a:" + folder + "/b:" + folder + "/c";

    run(() ->
        assertThat(output(options(newSession, Map.of("PATH", path)), "tool", "x y"))
            .isEqualTo("second x y"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void program_inThePathOfThisProcessOnly_isNotFound(boolean newSession) {
    Map<String, String> env = Map.of("PATH", folder.toString());

    run(() ->
        assertThatThrownBy(() -> createSubprocessExec(options(newSession, env), "sleep", "0"))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("\"sleep\" in " + folder)
            .hasMessageContaining("No such file or directory"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void program_thatIsNotExecutable_isDenied(boolean newSession) throws IOException {
    program("tool", "it", "rw-r--r--");
    Map<String, String> env = Map.of("PATH", folder.toString());

    run(() ->
        assertThatThrownBy(() -> createSubprocessExec(options(newSession, env), "tool"))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("Permission denied"));
  }

  @Test
  void program_environmentWithoutPath_isLookedUpInTheDefaultOne() {
    run(() -> assertThat(output(options(false, Map.of()), "echo", "here")).isEqualTo("here"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sub", "", "."})
  void program_relativeEntry_countsFromTheChildsDirectory(String entry) throws IOException {
    program("sub/tool", "it", "rwxr-xr-x");
    Path directory = entry.equals("sub") ? folder : folder.resolve("sub");

    run(() ->
        assertThat(output(options(false, Map.of("PATH", entry)).withCwd(directory), "tool"))
            .isEqualTo("it"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void program_withASlash_isNotLookedUp(boolean newSession) throws IOException {
    program("sub/tool", "it", "rwxr-xr-x");
    SubprocessOptions options = options(newSession, Map.of("PATH", "/nowhere")).withCwd(folder);

    run(() -> {
      assertThat(output(options, "sub/tool")).isEqualTo("it");
      assertThatThrownBy(() -> createSubprocessExec(options, "./tool"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("./tool");
    });
  }

  @Test
  void program_newSessionInOurEnvironment_isLookedUpInOurPath() {
    var options = SubprocessOptions.PIPES.withNewSession();

    run(() -> {
      assertThat(output(options, "echo", "here")).isEqualTo("here");
      assertThatThrownBy(() -> createSubprocessExec(options, "no-such-program-at-all"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no-such-program-at-all");
    });
  }
}
