package io.loop.testing;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.logging.StreamHandler;

/// Something that only one thread at a time is inside of.
///
/// @param name what it is called
/// @param user runs something inside
public record LockKind(String name, User user) {

  /// Runs something inside.
  public interface User {
    void within(Runnable inside);
  }

  /// {@return one new lock of each kind}
  public static LockKind[] all() {
    return new LockKind[] {
      monitor(),
      of("ReentrantLock", new ReentrantLock()),
      of("fair ReentrantLock", new ReentrantLock(true)),
      of("write lock", new ReentrantReadWriteLock().writeLock()),
      of("StampedLock", new StampedLock().asWriteLock()),
      semaphore(),
      mapEntry(),
      systemErr(),
      julLogger()
    };
  }

  public void within(Runnable inside) {
    user.within(inside);
  }

  @Override
  public String toString() {
    return name;
  }

  private static LockKind monitor() {
    var monitor = new Object();
    return new LockKind(
        "monitor",
        inside -> {
          synchronized (monitor) {
            inside.run();
          }
        });
  }

  private static LockKind of(String name, Lock lock) {
    return new LockKind(
        name,
        inside -> {
          lock.lock();
          try {
            inside.run();
          } finally {
            lock.unlock();
          }
        });
  }

  private static LockKind semaphore() {
    var semaphore = new Semaphore(1);
    return new LockKind(
        "Semaphore",
        inside -> {
          semaphore.acquireUninterruptibly();
          try {
            inside.run();
          } finally {
            semaphore.release();
          }
        });
  }

  private static LockKind mapEntry() {
    var map = new ConcurrentHashMap<String, Integer>();
    return new LockKind(
        "ConcurrentHashMap.compute",
        inside -> {
          Integer _ =
              map.compute(
                  "key",
                  (_, before) -> {
                    inside.run();
                    return before == null ? 1 : before + 1;
                  });
        });
  }

  /// What `System.err` is: it is held while something is turned into text and written.
  private static LockKind systemErr() {
    var out = new PrintStream(new Slow(), true, StandardCharsets.UTF_8);
    return new LockKind(
        "PrintStream",
        action -> {
          Slow.INSIDE.set(action);
          out.println("a line");
          Slow.INSIDE.remove();
        });
  }

  private static LockKind julLogger() {
    var logger = Logger.getAnonymousLogger();
    var handler =
        new StreamHandler(new Slow(), new SimpleFormatter()) {
          @Override
          public synchronized void publish(LogRecord record) {
            super.publish(record);
            flush();
          }
        };
    logger.setUseParentHandlers(false);
    logger.addHandler(handler);
    return new LockKind(
        "java.util.logging",
        action -> {
          Slow.INSIDE.set(action);
          logger.log(Level.INFO, "a line");
          Slow.INSIDE.remove();
        });
  }

  /// A stream that runs what the writing thread has left for it, once for each call.
  private static final class Slow extends OutputStream {
    static final ThreadLocal<Runnable> INSIDE = new ThreadLocal<>();

    @Override
    public void write(int octet) {}

    @Override
    public void write(byte[] data, int offset, int length) {
      Runnable action = INSIDE.get();
      INSIDE.remove();
      if (action != null) {
        action.run();
      }
    }
  }
}
