package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.docs.Page;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// docs/gallery.md shows the code of the samples, and leaves none of them out.
class GalleryPageTest {

  private static final Pattern CODE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\(\\.\\./([^)#]+)\\)");
  private static final Pattern SPACE = Pattern.compile("\\s+");

  /// What is in README only: it shows the library and not a protocol.
  private static final Set<String> ELSEWHERE =
      Set.of("echo", "echo-client", "tls-echo", "udp-echo", "embed");

  private final String page = read(Page.root().resolve("docs").resolve("gallery.md"));

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static String normalized(String code) {
    return SPACE.matcher(code).replaceAll(" ").strip();
  }

  private static List<String> sources() throws IOException {
    Path sources = Page.root().resolve(Path.of("samples", "src", "main", "java"));
    try (Stream<Path> files = Files.walk(sources)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .map(file -> normalized(read(file)))
          .toList();
    }
  }

  @Test
  void code_isThatOfTheSamples() throws IOException {
    List<String> sources = sources();
    List<String> blocks =
        CODE.matcher(page).results().map(block -> normalized(block.group(1))).toList();

    assertThat(blocks)
        .isNotEmpty()
        .allSatisfy(block -> assertThat(sources).anyMatch(source -> source.contains(block)));
  }

  @Test
  void everySample_hasAHeadingAndAScript() {
    Set<String> samples = new TreeSet<>(Samples.commandLine().getSubcommands().keySet());
    samples.removeAll(ELSEWHERE);

    assertThat(samples)
        .allSatisfy(sample -> {
          assertThat(page).contains("\n## " + sample + "\n");
          assertThat(Page.root().resolve(Path.of(".ci", "gallery", sample))).isExecutable();
        });
  }

  @Test
  void links_toFiles_leadSomewhere() {
    Set<String> links =
        LINK.matcher(page).results().map(link -> link.group(1)).collect(Collectors.toSet());

    assertThat(links)
        .isNotEmpty()
        .allSatisfy(link -> assertThat(Page.root().resolve(link)).exists());
  }
}
