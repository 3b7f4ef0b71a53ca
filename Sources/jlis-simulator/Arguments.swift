public import ArgumentParser
public import JLISSimulator
public import JPKI

extension CertificateVariant: ExpressibleByArgument {}
extension CertificateKind: ExpressibleByArgument {}
extension RevocationReason: ExpressibleByArgument {}
extension Faults.RevocationFault: ExpressibleByArgument {}
extension Faults.APIFault: ExpressibleByArgument {}
