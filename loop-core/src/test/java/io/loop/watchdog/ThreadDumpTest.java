package io.loop.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ThreadDumpTest {

  private static List<ThreadDump.Entry> read(String threads) throws IOException {
    String text =
        """
        {
          "threadDump": {
            "processId": "1",
            "threadContainers": [
              {
                "container": "<root>",
                "parent": null,
                "threads": [THREADS],
                "threadCount": "2"
              },
              {"container": "another", "parent": "<root>", "threads": []}
            ]
          }
        }
        """;
    return ThreadDump.read(new StringReader(text.replace("THREADS", threads)));
  }

  @Test
  void read_threadsWithLocks_findsThem() throws IOException {
    List<ThreadDump.Entry> found =
        read(
            """
            {"tid": "7", "virtual": true, "name": "a", "state": "BLOCKED", "blockedOn": "M@1",
             "stack": ["java.base\\/java.lang.Thread.run(Thread.java:1)"],
             "monitorsOwned": [{"depth": 2, "locks": ["M@2", null]}, {"depth": 4, "locks": ["M@3"]}]},
            {"tid": "8", "name": "b", "parkBlocker": {"object": "L@4"}, "stack": [ ]}
            """);

    assertThat(found)
        .containsExactly(
            new ThreadDump.Entry(7, "a", "M@1", null, null, List.of("M@2", "M@3")),
            new ThreadDump.Entry(8, "b", null, null, "L@4", List.of()));
  }

  @Test
  void read_threadInObjectWait_doesNotOwnThatMonitor() throws IOException {
    List<ThreadDump.Entry> found =
        read(
            """
            {"tid": "7", "name": "a", "waitingOn": "M@1",
             "monitorsOwned": [{"depth": 2, "locks": ["M@1"]}, {"depth": 4, "locks": ["M@2"]}]}
            """);

    assertThat(found.getFirst().owned()).containsExactly("M@2");
  }

  @Test
  void read_escapedNames_areAsTheyWere() throws IOException {
    List<ThreadDump.Entry> found =
        read(
            """
            {"tid": "7", "name": "a \\"b\\" \\\\ \\/ \\n\\t\\r\\b\\f \\u00e9 \\u20AC }]", "stack": []}
            """);

    assertThat(found.getFirst().threadName()).isEqualTo("a \"b\" \\ / \n\t\r\b\f é € }]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"threads\": [{\"tid\": \"7\"",
        "{\"threads\": [{\"tid\": \"seven\"}]}",
        "{\"threads\" [}",
        "plain text",
        "<xml>"
      })
  void read_whatIsNoDump_isRefused(String text) {
    assertThatIOException().isThrownBy(() -> ThreadDump.read(new StringReader(text)));
  }

  @Test
  void dump_ofThisJvm_hasThisThreadAndItsMonitor() throws IOException {
    var monitor = new Object();
    List<ThreadDump.Entry> found;
    synchronized (monitor) {
      found = LockFacts.dump();
    }

    assertThat(found)
        .filteredOn(entry -> entry.threadId() == Thread.currentThread().threadId())
        .singleElement()
        .satisfies(entry ->
            assertThat(entry.owned())
                .contains(
                    "java.lang.Object@" + Integer.toHexString(System.identityHashCode(monitor))));
  }
}
