package io.loop.sync;

import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.testing.ManualLoop;
import io.loop.testing.Threads;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/// Two loops that run only when a test says so, their queues, and tasks that use them.
abstract class SharedQueueFixture {

  final ManualLoop here = new ManualLoop();
  final ManualLoop there = new ManualLoop();
  final SharedQueue<String> queue = new SharedQueue<>();
  final SharedQueue<String> narrow = new SharedQueue<>(1);
  final List<String> events = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    here.close();
    there.close();
  }

  /// A task that runs up to where it waits.
  static Task<String> start(ManualLoop loop, Coro<String> body) {
    Task<String> task = Task.create(loop.loop(), body, TaskOptions.DEFAULT);
    loop.tick();
    return task;
  }

  Task<String> getter(ManualLoop loop) {
    return start(loop, queue::get);
  }

  Task<String> putter(ManualLoop loop, String item) {
    return start(
        loop,
        () -> {
          narrow.put(item);
          return item;
        });
  }

  /// A thread that has begun to wait.
  static Thread waiting(SharedQueue<?> queue, Runnable body) {
    String before = queue.toString();
    Thread thread = Thread.ofPlatform().daemon().start(body);
    while (queue.toString().equals(before) || !Threads.isWaiting(thread)) {
      Thread.onSpinWait();
    }
    return thread;
  }

  Runnable getting(SharedQueue<String> from) {
    return () -> {
      try {
        events.add(from.get());
      } catch (InterruptedException interrupted) {
        events.add("interrupted");
      } catch (QueueShutDownException end) {
        events.add("shut down");
      }
    };
  }
}
