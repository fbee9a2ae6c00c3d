"""The control pilot line: generator, R1, vehicle branch, cable capacitance, front end and ADC.

Node CP is one RC node: source +-12 V through R1, the front-end divider, perhaps a leak to PE, and the
vehicle's diode and resistors. Between edges of the PWM it settles with v_new + (v_old - v_new) *
exp(-t/tau), which is taken from an integer table, so that both interpreters compute the same.
IEC 61851-1:2017 Annex A gives the nominal values.
"""

from pilesim.rng import INCREMENT, MASK, MULTIPLIER, NOISE_SIZE, noise_table

# Volts are integer microvolts inside, so that rounding stays far below one ADC step
_UV = 1000
_Q = 20
_OPEN_OHM = 1_000_000_000
_FOREVER_US = 1 << 50
_ADC_MAX_MV = 3100
_NOISE_MASK = NOISE_SIZE - 1

FAULTS = (
    "cp_short",
    "cp_open",
    "diode_short",
    "diode_open",
    "diode_missing",
    "leak",
    "noise",
    "pwm_stuck_high",
    "pwm_stuck_low",
    "pwm_dead",
)


def _decay_table(tau_ns):
    """exp(-t/tau) for t = 0, 1, 2... us as fractions of 2**20, until nothing is left."""
    # exp(-1 us/tau) from exp(-x/64) by its series, then six squarings
    one = 1 << 40
    x = one * 1000 // tau_ns >> 6
    step = one - x + (x * x >> 41) - ((x * x >> 40) * x >> 40) // 6
    for _ in range(6):
        step = step * step >> 40
    table = []
    value = one
    while value >> 26:
        table.append(value >> 20)
        value = value * step >> 40
    return table


class PilotLine:
    """CP node of one connector. Parameters are attributes; call changed() after setting one."""

    def __init__(self, clock, random):
        self._clock = clock
        self._random = random
        self.high_mv = 12_000
        self.low_mv = -12_000
        self.r1_ohm = 1000
        self.diode_mv = 700
        self.capacitance_pf = 1500 + 300
        self.short_ohm = 10
        self.leak_ohm = 3300
        # Amplitude of the fault `noise` at CP: even over +-noise_mv, a fresh value for every sample
        self.noise_mv = 400
        self.sigma_uv = 3000
        # Vehicle branch seen from CP; 0 means nothing is plugged
        self.vehicle_ohm = 0
        self.on_change = None
        self.faults = set()
        self._pad = None
        self._top_ohm = 0
        self._pullup_ohm = 0
        self._pulldown_ohm = 0
        self._pullup_mv = 0
        self._noise = noise_table(random, self.sigma_uv)
        self._noise_amplitude_uv = 0
        self._decay = [1 << _Q]
        self._settle_us = 1
        self._high_uv = 0
        self._low_uv = 0
        # The last discontinuity that was no PWM edge: its time and the voltage the node had then
        self._since_us = 0
        self._since_uv = 0
        # ADC node in uV = gain * CP + offset, and its settled values
        self._gain_q = 0
        self._offset_uv = 0
        self._adc_high_uv = 0
        self._adc_low_uv = 0
        self._start_us = 0
        self._period_us = 1000
        self._pulse_us = 0
        # All that one conversion needs, because a burst has twenty of them: see _keep()
        self._seen = ()
        self.changed()

    # Wiring

    def attach_generator(self, pad):
        """Take the generator's wave from a pad: low gives -12 V, high +12 V."""
        self._pad = pad
        # The peripheral is as dead after a reset
        pad.freeze("pwm_dead" in self.faults)
        pad.watchers.append(self._wave_changed)
        self._wave_changed(pad, self._clock.now_us)

    def set_front_end(self, top_ohm, pullup_ohm, pulldown_ohm, pullup_mv):
        """Divider of the ADC input: CP over top_ohm, pull-up to pullup_mv, pull-down to ground."""
        self._top_ohm = top_ohm
        self._pullup_ohm = pullup_ohm
        self._pulldown_ohm = pulldown_ohm
        self._pullup_mv = pullup_mv
        siemens_q = (_ppo(top_ohm), _ppo(pullup_ohm), _ppo(pulldown_ohm))
        total = siemens_q[0] + siemens_q[1] + siemens_q[2]
        self._gain_q = (siemens_q[0] << _Q) // total
        self._offset_uv = pullup_mv * _UV * siemens_q[1] // total
        self.changed()

    # Reading

    def cp_mv(self, now_us):
        """Voltage of CP against PE at this microsecond, without measuring noise."""
        return (self._cp_uv(now_us) + 500) // 1000

    def levels_mv(self):
        """(high, low): the settled voltages of both halves of the PWM."""
        return (self._high_uv + 500) // 1000, (self._low_uv + 500) // 1000

    def duty_u16(self):
        """Duty that arrives at the vehicle's end: 65535 steady high, 0 steady low, None nothing."""
        if self._pad is None or "cp_open" in self.faults or "cp_short" in self.faults:
            return None
        if "pwm_stuck_high" in self.faults:
            return 65535
        if "pwm_stuck_low" in self.faults:
            return 0
        return self._pad.duty_u16

    def adc_mv(self, now_us):
        """What the ADC reads at this microsecond: front end, noise, clipped to its range."""
        start_us, period_us, pulse_us, since_us, settle_us, high_uv, low_uv, noise_uv = self._seen
        phase_us = (now_us - start_us) % period_us
        if phase_us < pulse_us:
            node_uv = high_uv
        else:
            node_uv = low_uv
            phase_us -= pulse_us
        if phase_us < settle_us or now_us - since_us < settle_us:
            node_uv = (self._cp_uv(now_us) * self._gain_q >> _Q) + self._offset_uv
        # Random.next(), without the call
        random = self._random
        random.state = draw = random.state * MULTIPLIER + INCREMENT & MASK
        node_uv += self._noise[draw >> 16 & _NOISE_MASK]
        if noise_uv:
            # Amplitude is given at CP, as the oscilloscope sees it; 15 bits of the draw, centred
            node_uv += ((draw & 0x7FFF) - 0x4000) * noise_uv >> 14
        reading_mv = (node_uv + 500) // 1000
        if reading_mv < 0:
            return 0
        return reading_mv if reading_mv < _ADC_MAX_MV else _ADC_MAX_MV

    # Changes

    def set_vehicle_ohm(self, ohm):
        """Resistance of the vehicle branch behind the diode; 0 unplugs it."""
        if ohm != self.vehicle_ohm:
            self.vehicle_ohm = ohm
            self.changed()

    def set_fault(self, name, on):
        """Switch one of FAULTS.

        diode_missing and diode_short are one circuit under two names: a car built without, and a diode
        that fails while it charges. pwm_stuck_* is the driver stage while the pin toggles; pwm_dead is
        the peripheral, its pin standing at the level it had.
        """
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        if self._pad is not None:
            if name == "pwm_dead":
                self._pad.freeze(on)
            self._take_wave(self._pad)
        self.changed()
        if self.on_change is not None:
            self.on_change(self._clock.now_us)

    def changed(self):
        """Solve the circuit again; the node starts from the voltage it has now."""
        now_us = self._clock.now_us
        self._since_uv = self._cp_uv(now_us)
        self._since_us = now_us
        vehicle_ohm = 0 if "cp_open" in self.faults else self.vehicle_ohm
        self._high_uv = self._solve(self.high_mv, vehicle_ohm)
        self._low_uv = self._solve(self.low_mv, vehicle_ohm)
        self._adc_high_uv = (self._high_uv * self._gain_q >> _Q) + self._offset_uv
        self._adc_low_uv = (self._low_uv * self._gain_q >> _Q) + self._offset_uv
        siemens = _ppo(self.r1_ohm) + _ppo(self._line_ohm())
        if vehicle_ohm:
            siemens += _ppo(vehicle_ohm)
        # The slower of both halves (diode blocking) is used for both: a few tenths of a microsecond
        tau_ns = self.capacitance_pf * (1 << 40) // max(1, siemens) // 1000
        self._decay = _decay_table(max(100, tau_ns))
        self._settle_us = len(self._decay)
        self._noise_amplitude_uv = 0
        if "noise" in self.faults:
            self._noise_amplitude_uv = self.noise_mv * _UV * self._gain_q >> _Q
        self._keep()

    def _wave_changed(self, pad, now_us):
        self._since_uv = self._cp_uv(now_us)
        self._since_us = now_us
        self._take_wave(pad)
        if self.on_change is not None:
            self.on_change(now_us)

    def _take_wave(self, pad):
        self._start_us = pad.start_us
        self._period_us = pad.period_us
        self._pulse_us = pad.high_us
        if "pwm_stuck_high" in self.faults:
            self._pulse_us = self._period_us
        elif "pwm_stuck_low" in self.faults:
            self._pulse_us = 0
        self._keep()

    def _keep(self):
        self._seen = (
            self._start_us,
            self._period_us,
            self._pulse_us,
            self._since_us,
            self._settle_us,
            self._adc_high_uv,
            self._adc_low_uv,
            self._noise_amplitude_uv,
        )

    # The circuit

    def _cp_uv(self, now_us):
        pulse_us = self._pulse_us
        phase_us = (now_us - self._start_us) % self._period_us
        if phase_us < pulse_us:
            target_uv = self._high_uv
            before_uv = self._low_uv
        else:
            target_uv = self._low_uv
            before_uv = self._high_uv
            phase_us -= pulse_us
        if pulse_us in (0, self._period_us):
            phase_us = _FOREVER_US
        since_us = now_us - self._since_us
        if since_us <= phase_us:
            phase_us = since_us
            before_uv = self._since_uv
        if phase_us >= self._settle_us:
            return target_uv
        return target_uv + ((before_uv - target_uv) * self._decay[phase_us] >> _Q)

    def _line_ohm(self):
        """Fault resistance from CP to PE."""
        if "cp_short" in self.faults:
            return self.short_ohm
        return self.leak_ohm if "leak" in self.faults else _OPEN_OHM

    def _solve(self, source_mv, vehicle_ohm):
        """Settled CP voltage in uV with the source at `source_mv`."""
        # Conductances as integers per ohm times 2**40: current balance at the node, diode tried open first
        g_source = _ppo(self.r1_ohm)
        total = g_source + _ppo(self._line_ohm())
        current = source_mv * _UV * g_source
        if self._top_ohm:
            parallel = (
                self._pullup_ohm * self._pulldown_ohm // (self._pullup_ohm + self._pulldown_ohm)
            )
            g_divider = _ppo(self._top_ohm + parallel)
            divider_mv = (
                self._pullup_mv * self._pulldown_ohm // (self._pullup_ohm + self._pulldown_ohm)
            )
            total += g_divider
            current += divider_mv * _UV * g_divider
        open_uv = current // total
        if not vehicle_ohm or "diode_open" in self.faults:
            return open_uv
        if "diode_short" in self.faults or "diode_missing" in self.faults:
            drop_uv = 0
        elif open_uv > self.diode_mv * _UV:
            drop_uv = self.diode_mv * _UV
        else:
            return open_uv
        g_vehicle = _ppo(vehicle_ohm)
        return (current + drop_uv * g_vehicle) // (total + g_vehicle)


def _ppo(ohm):
    """Conductance as an integer: 2**40 per ohm."""
    return (1 << 40) // ohm if ohm else 0
