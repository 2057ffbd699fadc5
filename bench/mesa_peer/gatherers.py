"""The gatherers in Mesa 3, for comparison: each line of the input names a count and ticks, each line of the output answers with the
nanoseconds of processor time that the ticks took and the checksum of the model."""

import math
import sys
import time

import mesa

MASK = (1 << 64) - 1
EMPTY, FREE, TAKEN = 0, 1, 2
IDLE, WALKING, WORKING = 0, 1, 2
NEED_FULL = 100
WORK_TICKS = 5
SEEN = 16


class Gatherer(mesa.Agent):
    def __init__(self, model, x, y):
        super().__init__(model)
        self.x = x
        self.y = y
        self.need = NEED_FULL
        self.phase = IDLE
        self.goal = None
        self.left = 0

    def step(self):
        if self.need > 0:
            self.need -= 1
        if self.phase == WALKING:
            x, y = self.x, self.y
            goal_x, goal_y = self.goal
            if x == goal_x and y == goal_y:
                self.phase = WORKING
                self.left = WORK_TICKS
            else:
                self.x = x + (goal_x > x) - (goal_x < x)
                self.y = y + (goal_y > y) - (goal_y < y)
        elif self.phase == WORKING:
            self.left -= 1
            if self.left == 0:
                self.model.finish(self.goal)
                self.need = NEED_FULL
                self.phase = IDLE
        else:
            goal = self.model.take_nearest(self.x, self.y)
            if goal is not None:
                self.goal = goal
                self.phase = WALKING


class Colony(mesa.Model):
    def __init__(self, count):
        super().__init__(rng=1)
        self.side = math.isqrt(8 * count)
        self.cells = bytearray(self.side * self.side)
        self.draw = 42
        for _ in range(2 * count):
            self.place_job()
        for _ in range(count):
            x = self.below(self.side)
            Gatherer(self, x, self.below(self.side))

    def below(self, bound):
        self.draw = (self.draw * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.draw >> 33) % bound

    def place_job(self):
        while True:
            place = self.below(self.side * self.side)
            if self.cells[place] == EMPTY:
                self.cells[place] = FREE
                return

    def take_nearest(self, x, y):
        side, cells = self.side, self.cells
        for ring in range(SEEN + 1):
            for row in range(max(y - ring, 0), min(y + ring, side - 1) + 1):
                is_whole = ring == 0 or abs(row - y) == ring
                for column in range(x - ring, x + ring + 1, 1 if is_whole else 2 * ring):
                    if 0 <= column < side and cells[row * side + column] == FREE:
                        cells[row * side + column] = TAKEN
                        return column, row
        return None

    def finish(self, goal):
        self.cells[goal[1] * self.side + goal[0]] = EMPTY
        self.place_job()

    def step(self):
        self.agents.do("step")

    def checksum(self):
        return sum(
            (number % 97 + 1) * (agent.x * 31 + agent.y * 17 + agent.need * 7 + agent.phase)
            for number, agent in enumerate(self.agents)
        )


for line in sys.stdin:
    count, ticks = map(int, line.split())
    colony = Colony(count)
    begin = time.process_time_ns()
    for _ in range(ticks):
        colony.step()
    print(time.process_time_ns() - begin, colony.checksum(), flush=True)
