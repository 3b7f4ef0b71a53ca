public import ArgumentParser
public import JLISSimulator
public import JPKI

extension CertificateVariant: ExpressibleByArgument {}
extension CertificateKind: ExpressibleByArgument {}
extension RevocationReason: ExpressibleByArgument {}
extension CardMedium: ExpressibleByArgument {}
extension Faults.OCSPFault: ExpressibleByArgument {}
extension Faults.ListFault: ExpressibleByArgument {}
extension ResponderSwitches.Signer: ExpressibleByArgument {}
extension ResponderSwitches.Naming: ExpressibleByArgument {}
extension ResponderSwitches.Hashes: ExpressibleByArgument {}
extension ResponderSwitches.Requests: ExpressibleByArgument {}
extension Faults.APIFault: ExpressibleByArgument {}
