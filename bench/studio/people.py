"""People at work: each takes the next task, thinks, and answers it; what they waited for."""

import collections
import random
import threading
import time


def waits(seconds):
    ranked = sorted(seconds)
    p50, p95 = (round(ranked[int(len(ranked) * share)] * 1e3, 2) for share in (0.5, 0.95))
    return {"n": len(ranked), "p50_ms": p50, "p95_ms": p95}


def annotate(side, people, project, think, seconds=None, each=None):
    """Everybody takes the next task and answers it, until there is none, or for so long, or so many each."""
    taken, submitted, failed, until = [], [], collections.Counter(), time.perf_counter() + (seconds or 1800)

    def one(client, dice):
        done = 0
        time.sleep(dice.uniform(0, think[1]))
        while time.perf_counter() < until and (each is None or done < each):
            try:
                began = time.perf_counter()
                task = side.next(client, project)
                taken.append(time.perf_counter() - began)
                if task is None:
                    return
                time.sleep(dice.uniform(*think))
                began = time.perf_counter()
                side.submit(client, project, task)
                submitted.append(time.perf_counter() - began)
                done += 1
            except (RuntimeError, AssertionError, OSError) as error:
                failed[str(error)[:120]] += 1
                if sum(failed.values()) > 1000:
                    return

    threads = [threading.Thread(target=one, args=(client, random.Random(at))) for at, client in enumerate(people)]
    wall, cpu = time.perf_counter(), side.server.cpu()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, cpu = time.perf_counter() - wall, side.server.cpu() - cpu
    return {"people": len(people), "next": waits(taken), "submit": waits(submitted), "wall_s": round(wall, 2),
            "answers_per_s": round(len(submitted) / wall, 1), "cpu_ms_per_answer": round(cpu / len(submitted) * 1e3, 2),
            "errors": dict(failed)}
