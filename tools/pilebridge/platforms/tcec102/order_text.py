"""The order of a charge as it is pushed, built again from the charge alone."""

from pilebridge.model import Transaction
from pilebridge.platforms.tcec102 import mapping
from pilebridge.platforms.tcec102.envelope import dump

KIND = "notification_charge_order_info"


def order_text(transaction: Transaction, connector_id: str) -> str:
    """The body of the push."""
    return dump(mapping.order_info(transaction, connector_id)).decode()
