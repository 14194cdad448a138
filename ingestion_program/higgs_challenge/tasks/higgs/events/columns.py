"""Names and order of the columns of an event record, as in the official file."""

PRIMARY = (
    "PRI_lep_pt",
    "PRI_lep_eta",
    "PRI_lep_phi",
    "PRI_had_pt",
    "PRI_had_eta",
    "PRI_had_phi",
    "PRI_jet_leading_pt",
    "PRI_jet_leading_eta",
    "PRI_jet_leading_phi",
    "PRI_jet_subleading_pt",
    "PRI_jet_subleading_eta",
    "PRI_jet_subleading_phi",
    "PRI_n_jets",
    "PRI_jet_all_pt",
    "PRI_met",
    "PRI_met_phi",
)
"""The 16 measured columns: momenta in GeV, angles in rad; float32, so that a record is 64 bytes."""

DERIVED = (
    "DER_mass_transverse_met_lep",
    "DER_mass_vis",
    "DER_pt_h",
    "DER_deltaeta_jet_jet",
    "DER_mass_jet_jet",
    "DER_prodeta_jet_jet",
    "DER_deltar_had_lep",
    "DER_pt_tot",
    "DER_sum_pt",
    "DER_pt_ratio_lep_had",
    "DER_met_phi_centrality",
    "DER_lep_eta_centrality",
)
"""The 12 columns computed from the primary ones."""

FEATURES = PRIMARY + DERIVED
"""The 28 columns of a pseudo-experiment's "data", in order."""

LABELLING = ("weights", "detailed_labels", "labels")

OFFICIAL_COLUMNS = PRIMARY + LABELLING + DERIVED
"""The 31 columns of the official file and of get_train_set, in order."""

PROCESSES = ("htautau", "ztautau", "diboson", "ttbar")
"""The detailed labels; a process number is a position in this tuple."""

SIGNAL = "htautau"

MISSING = -25.0
"""Value of a column of a jet that does not exist."""

(
    LEP_PT,
    LEP_ETA,
    LEP_PHI,
    HAD_PT,
    HAD_ETA,
    HAD_PHI,
    JET1_PT,
    JET1_ETA,
    JET1_PHI,
    JET2_PT,
    JET2_ETA,
    JET2_PHI,
    N_JETS,
    JET_ALL_PT,
    MET,
    MET_PHI,
) = range(len(PRIMARY))
