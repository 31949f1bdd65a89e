package io.loop.netty.channel;

import io.loop.netty.base.Rethrow;
import io.loop.scope.TaskGroup;
import io.loop.sync.Queue;
import io.loop.sync.QueueShutDownException;
import io.loop.sync.Semaphore;
import io.loop.task.Coro;
import io.loop.task.ExceptionGroup;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Serves a channel message by message: the body behind [CoroutineHandler#perMessage].
final class PerMessage {

  private PerMessage() {}

  static <I> ChannelBody<I> of(MessageBody<I> body, int concurrency) {
    Objects.requireNonNull(body, "body");
    if (concurrency < 1) {
      throw new IllegalArgumentException("the concurrency must be at least 1, not " + concurrency);
    }
    return channel -> {
      try {
        if (concurrency == 1) {
          serveInTurn(channel, body);
        } else {
          new Pipelined<>(channel, body, concurrency).serve();
        }
      } catch (Exception fault) {
        channel.flush(); // a failure closes immediately, but the answers so far are good
        throw fault;
      }
    };
  }

  private static <I> void serveInTurn(CoroutineChannel<I> channel, MessageBody<I> body)
      throws Exception {
    for (I message; (message = channel.receive()) != null; ) {
      write(channel, answer(channel, body, message));
    }
  }

  private static <I> @Nullable Object answer(
      CoroutineChannel<I> channel, MessageBody<I> body, I message) throws Exception {
    try {
      return body.answer(channel, message);
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private static void write(CoroutineChannel<?> channel, @Nullable Object answer)
      throws IOException {
    if (answer != null) {
      channel.write(answer);
      channel.drain();
    }
  }

  /// Several messages concurrently; answers in order.
  private static final class Pipelined<I> {

    /*
     * One coroutine receives and starts a task per message, another awaits the tasks in that order
     * and writes. A permit is held from before a message is received until its answer is written. The
     * tasks start eagerly: a task that never starts would never release its message.
     *
     * A body that is cancelled also cancels the coroutine that writes. The group does not treat
     * that as a failure, so it is ended explicitly: no coroutine would write the answers that
     * follow.
     */

    private final CoroutineChannel<I> channel;
    private final MessageBody<I> body;
    private final Semaphore permits;
    private final Queue<Task<@Nullable Object>> answers = new Queue<>();
    private final ArrayDeque<Task<@Nullable Object>> unwritten = new ArrayDeque<>();

    Pipelined(CoroutineChannel<I> channel, MessageBody<I> body, int concurrency) {
      this.channel = channel;
      this.body = body;
      this.permits = new Semaphore(concurrency);
    }

    void serve() {
      try {
        TaskGroup.run(group -> {
          Task<@Nullable Void> writing = group.createTask(this::writeAnswers);
          writing.addDoneCallback(done -> {
            if (done.isCancelled()) {
              group.cancel();
            }
          });
          receiveAll();
        });
      } catch (ExceptionGroup faults) {
        throw Rethrow.unchecked(
            faults.exceptions().size() == 1 ? faults.exceptions().getFirst() : faults);
      } finally {
        giveUp();
      }
    }

    private void receiveAll() throws IOException {
      permits.acquire();
      for (I message; (message = channel.receive()) != null; ) {
        start(message);
        permits.acquire();
      }
      answers.shutdown();
    }

    private void start(I message) {
      Coro<@Nullable Object> answering = () -> answer(channel, body, message);
      var task = Task.create(channel.getLoop(), answering, TaskOptions.DEFAULT.withEagerStart());
      unwritten.add(task);
      answers.putNowait(task);
    }

    private void writeAnswers() throws IOException {
      try {
        while (true) {
          Task<@Nullable Object> next = answers.get();
          Object answer = next.await();
          unwritten.remove(next);
          write(channel, answer);
          permits.release();
        }
      } catch (QueueShutDownException allWritten) {
        return; // the queue returns its items first, then this
      }
    }

    /// Cancels the remaining bodies after a failure, and releases answers that will not be written.
    private void giveUp() {
      for (Task<@Nullable Object> task : unwritten) {
        task.cancel();
        task.addDoneCallback(done -> {
          if (!done.isCancelled() && done.exception() == null) {
            ReferenceCountUtil.release(done.result());
          }
        });
      }
    }
  }
}
