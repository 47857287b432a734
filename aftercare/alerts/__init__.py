"""What becomes of an alert: findings, acts of staff and time go in; alerts and notices come out. No I/O, no clock.

`joining.absorb` takes findings, `acts` what staff do, `clocks.lapse` the passing of time, `course.course_block` what it
means for the next session; `replay.replay` runs a whole timeline through the very same.
"""
