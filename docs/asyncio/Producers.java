import static io.loop.Asyncio.*;

import io.loop.sync.Queue;
import io.loop.task.*;

void produce(Queue<String> queue, String name) {
  for (int number = 0; number < 3; number++) {
    sleep(Duration.ofMillis(20));
    queue.put(name + number);
  }
}

void consume(Queue<String> queue, List<String> done) {
  while (true) {
    String item = queue.get();
    sleep(Duration.ofMillis(10));
    done.add(item);
    queue.taskDone();
  }
}

void program() {
  var queue = new Queue<String>(2);
  var done = new ArrayList<String>();
  var consumers = Stream.generate(() -> createTask(() -> consume(queue, done))).limit(3).toList();
  gather(() -> produce(queue, "a"), () -> produce(queue, "b")).await();
  queue.join();
  consumers.forEach(Task::cancel);
  gatherReturnExceptions(consumers).await();
  IO.println(done.size() + " done: " + String.join(" ", done.stream().sorted().toList()));
}

void main() { run(this::program); }
