package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What docs/debugging.md says about `Thread.dump_to_file`, which is this bean's `dumpThreads`.
final class ThreadDumpOfTasksTest {

  private static final Duration DAY = Duration.ofDays(1);

  @TempDir private Path folder;
  private ManualLoop manual;

  @BeforeEach
  void makeLoop() {
    manual = new ManualLoop();
  }

  @AfterEach
  void close() {
    manual.close();
  }

  private String dump() throws IOException {
    Path file = folder.resolve("dump.txt");
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpThreads(file.toString(), ThreadDumpFormat.TEXT_PLAIN);
    return Files.readString(file);
  }

  /// {@return what a dump says of one thread, its heading and its frames}
  private static String thread(String dump, String name) {
    return Arrays.stream(dump.split("\n\n"))
        .filter(entry -> entry.lines().findFirst().orElse("").contains('"' + name + '"'))
        .findFirst()
        .orElse("");
  }

  private static @Nullable Void checkout() {
    nextOrder();
    return null;
  }

  private static void nextOrder() {
    sleep(DAY);
  }

  @Test
  void dump_suspendedTask_hasItsNameAndItsWholeStack() throws IOException {
    manual.run(() -> {
      Task<?> task = createTask(ThreadDumpOfTasksTest::checkout, TaskOptions.named("checkout"));
      sleep(Duration.ZERO);

      assertThat(thread(dump(), "checkout"))
          .contains("virtual")
          .containsSubsequence("sleep", "nextOrder", "checkout", "TaskStep.runBody");
      task.cancel();
    });
  }

  @Test
  void dump_taskRenamedWhileItRuns_hasItsNewName() throws IOException {
    manual.run(() -> {
      Task<?> task = createTask(ThreadDumpOfTasksTest::checkout, TaskOptions.named("checkout"));
      sleep(Duration.ZERO);
      task.setName("checkout of order 7");

      assertThat(thread(dump(), "checkout of order 7")).contains("nextOrder");
      task.cancel();
    });
  }

  @Test
  void dump_taskRenamedBeforeItRuns_hasItsNewName() throws IOException {
    manual.run(() -> {
      Task<?> task = createTask(ThreadDumpOfTasksTest::checkout);
      task.setName("checkout of order 8");
      sleep(Duration.ZERO);

      assertThat(thread(dump(), "checkout of order 8")).contains("nextOrder");
      task.cancel();
    });
  }

  @Test
  void dump_debugMode_everyTaskHasAName() throws IOException {
    manual.loop().setDebug(true);
    manual.run(() -> {
      Task<?> task = createTask(ThreadDumpOfTasksTest::checkout);
      sleep(Duration.ZERO);

      assertThat(thread(dump(), task.getName())).contains("nextOrder");
      task.cancel();
    });
  }

  @Test
  void dump_nextTaskOnARenamedThread_doesNotHaveItsName() throws IOException {
    manual.run(() -> {
      createTask(() -> Task.current().setName("gone")).await();
      Task<?> task = createTask(ThreadDumpOfTasksTest::checkout, TaskOptions.named("checkout"));
      sleep(Duration.ZERO);
      String dump = dump();

      assertThat(thread(dump, "gone")).isEmpty();
      assertThat(thread(dump, "checkout")).contains("nextOrder");
      task.cancel();
    });
  }
}
