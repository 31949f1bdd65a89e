import asyncio


async def produce(queue, name):
    for number in range(3):
        await asyncio.sleep(0.02)
        await queue.put(f"{name}{number}")


async def consume(queue, done):
    while True:
        item = await queue.get()
        await asyncio.sleep(0.01)
        done.append(item)
        queue.task_done()


async def main():
    queue = asyncio.Queue(maxsize=2)
    done = []
    consumers = [asyncio.create_task(consume(queue, done)) for _ in range(3)]
    await asyncio.gather(produce(queue, "a"), produce(queue, "b"))
    await queue.join()
    for consumer in consumers:
        consumer.cancel()
    await asyncio.gather(*consumers, return_exceptions=True)
    print(len(done), "done:", " ".join(sorted(done)))


asyncio.run(main())
