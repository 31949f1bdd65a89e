import asyncio
import os
import signal


async def work(number):
    try:
        await asyncio.sleep(3600)
    finally:
        print("worker", number, "cleans up")


async def main():
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    workers = [asyncio.create_task(work(number)) for number in range(2)]
    loop.call_later(0.1, os.kill, os.getpid(), signal.SIGTERM)
    await stop.wait()
    print("stopping")
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    print("stopped")


asyncio.run(main())
