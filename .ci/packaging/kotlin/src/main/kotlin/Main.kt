import io.loop.Asyncio.sleep
import io.loop.kotlin.createTask
import io.loop.kotlin.gather
import io.loop.kotlin.run
import io.loop.kotlin.taskGroup
import io.loop.kotlin.timeout
import io.loop.kotlin.toThread
import io.loop.kotlin.withLock
import io.loop.kotlin.withPermit
import io.loop.netty.stream.Streams.openConnection
import io.loop.netty.stream.Streams.startServer
import io.loop.netty.transport.Transport
import io.loop.sync.Lock
import io.loop.sync.Semaphore
import io.loop.task.Task
import java.time.Duration

fun main() {
  val answer = run {
    val server = startServer({ reader, writer ->
      for (line in reader) {
        writer.write(line)
        writer.drain()
      }
    }, "127.0.0.1", 0)
    val task = createTask { 42 }
    val lock = Lock()
    check(lock.withLock { "locked" } == "locked")
    check(Semaphore(1).withPermit { 1 } == 1)
    check(timeout(Duration.ofSeconds(10)) { sleep(Duration.ofMillis(1)); "in time" } == "in time")
    check(gather({ 1 }, { 2 }) == listOf(1, 2))
    check(toThread { "thread" } == "thread")
    val sum = taskGroup {
      val one = createTask { 1 }
      val two = createTask { 2 }
      one.await() + two.await()
    }
    check(sum == 3)
    openConnection("127.0.0.1", server.localAddress().port).use { connection ->
      connection.writer().write("hello\n".toByteArray())
      connection.writer().drain()
      check(String(connection.reader().readLine()) == "hello\n")
    }
    server.close()
    task.await()
  }
  check(answer == 42)
  val carrier = if (Task.isPortable()) "portable" else "loop"
  println("hello carrier=$carrier transport=${Transport.best()}")
}
