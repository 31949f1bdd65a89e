// Loop's functions for Kotlin: copy this file into your project.
//
// Kotlin prefers a lambda without a result when a Java method takes either kind, so `Asyncio.createTask { 42 }` makes
// a task whose result is null. The functions below take one kind only: the value of a lambda is its result.
package io.loop.kotlin

import io.loop.Asyncio
import io.loop.Runner
import io.loop.event.Loop
import io.loop.scope.TaskGroup
import io.loop.sync.Condition
import io.loop.sync.Lock
import io.loop.sync.Semaphore
import io.loop.task.Awaitable
import io.loop.task.Coro
import io.loop.task.LoopFuture
import io.loop.task.Task
import io.loop.task.TaskOptions
import java.time.Duration
import java.util.concurrent.Callable
import java.util.concurrent.CompletableFuture

/** As `Asyncio.run`. Import it by name: else `run` is Kotlin's own. */
fun <T> run(options: Runner.Options = Runner.Options.DEFAULT, main: () -> T): T = Asyncio.run(Coro { main() }, options)

fun <T> createTask(options: TaskOptions = TaskOptions.DEFAULT, body: () -> T): Task<T> =
  Asyncio.createTask(Coro { body() }, options)

/** As `TaskGroup.call`; inside, `createTask` makes a task of the group. */
fun <T> taskGroup(body: GroupScope.() -> T): T = TaskGroup.call { group -> GroupScope(group).body() }

class GroupScope(val group: TaskGroup) {
  fun <T> createTask(options: TaskOptions = TaskOptions.DEFAULT, body: () -> T): Task<T> =
    group.createTask(Coro { body() }, options)
}

fun <T> gather(vararg bodies: () -> T): List<T> = Asyncio.gather(bodies.map { body -> Coro { body() } }).await()

fun <T> timeout(limit: Duration?, body: () -> T): T = Asyncio.timeout(limit, Coro { body() })

fun <T> waitFor(limit: Duration?, awaitable: Awaitable<T>): T = Asyncio.waitFor(awaitable, limit)

fun <T> shield(body: () -> T): LoopFuture<T> = Asyncio.shield(Coro { body() })

fun <T> toThread(work: () -> T): T = Asyncio.toThread(Callable { work() })

fun <T> runCoroutineThreadsafe(loop: Loop, body: () -> T): CompletableFuture<T> =
  Asyncio.runCoroutineThreadsafe(Coro { body() }, loop)

fun <T> Lock.withLock(body: () -> T): T = this.with(Coro { body() })

fun <T> Condition.withLock(body: () -> T): T = this.with(Coro { body() })

fun <T> Semaphore.withPermit(body: () -> T): T = this.with(Coro { body() })
