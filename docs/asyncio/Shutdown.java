import static io.loop.Asyncio.*;

import io.loop.sync.Event;
import io.loop.task.*;

void work(int number) {
  try {
    sleep(Duration.ofHours(1));
  } finally {
    IO.println("worker " + number + " cleans up");
  }
}

void program() throws IOException {
  var stop = new Event();
  addSignalHandler("TERM", stop::set);
  var workers = IntStream.range(0, 2).mapToObj(number -> createTask(() -> work(number))).toList();
  sleep(Duration.ofMillis(100));
  new ProcessBuilder("kill", "-TERM", "" + ProcessHandle.current().pid()).start();
  stop.await();
  IO.println("stopping");
  workers.forEach(Task::cancel);
  gatherReturnExceptions(workers).await();
  IO.println("stopped");
}

void main() { run(this::program); }
