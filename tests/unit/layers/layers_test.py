"""The check of layers finds what a file must not know."""

import unittest

import check_layers


def problems(path: str, line: str) -> list[str]:
    return list(check_layers.problems(path, check_layers.layer_of(check_layers.pathlib.Path(path)), line))


class LayersTest(unittest.TestCase):
    def refused(self, path: str, line: str):
        self.assertEqual(len(problems(path, line)), 1, (path, line))

    def allowed(self, path: str, line: str):
        self.assertEqual(problems(path, line), [], (path, line))

    def test_of_another_context_only_its_events_may_be_known(self):
        reaction = "actors/ordering/order_outcomes.hpp"
        self.allowed(reaction, '#include "payments/v1/events.pb.h"')
        self.refused(reaction, '#include "payments/v1/state.pb.h"')
        self.refused(reaction, '#include "payments/v1/commands.pb.h"')
        self.refused(reaction, '#include "actors/payments/payment.hpp"')

    def test_its_own_files_and_shared_ones_may_be_known(self):
        self.allowed("actors/ordering/order.hpp", '#include "ordering/v1/state.pb.h"')
        self.allowed("actors/ordering/orders.hpp", '#include "actors/ordering/order.hpp"')
        self.allowed("actors/ordering/order.hpp", '#include "actors/money.hpp"')
        self.allowed("actors/notifications/notify.hpp", '#include "troupe/v1/mail.pb.h"')
        self.allowed("actors/all.cpp", '#include "actors/payments/payments.hpp"')
        self.refused("actors/ordering/order.hpp", '#include "troupe/v1/records.pb.h"')

    def test_the_same_holds_for_schemas(self):
        self.allowed("schemas/ordering/v1/rows.proto", 'import "ordering/v1/state.proto";')
        self.allowed("schemas/ordering/v1/state.proto", 'import "money/v1/money.proto";')
        self.allowed("schemas/ordering/v1/state.proto", 'import "google/protobuf/any.proto";')
        self.allowed("schemas/ordering/v1/state.proto", 'import "payments/v1/events.proto";')
        self.refused("schemas/ordering/v1/state.proto", 'import "payments/v1/state.proto";')

    def test_published_events_need_nothing_private(self):
        self.refused("schemas/ordering/v1/events.proto", 'import "ordering/v1/state.proto";')
        self.refused("schemas/ordering/v1/events.proto", 'import public "ordering/v1/state.proto";')
        self.allowed("schemas/ordering/v1/events.proto", 'import "money/v1/money.proto";')

    def test_the_runtime_knows_no_schema_but_its_own(self):
        self.allowed("runtime/curl/notifier.cpp", '#include "troupe/v1/mail.pb.h"')
        self.refused("runtime/curl/notifier.cpp", '#include "notifications/v1/events.pb.h"')
        self.refused("schemas/troupe/v1/mail.proto", 'import "money/v1/money.proto";')


if __name__ == "__main__":
    unittest.main()
